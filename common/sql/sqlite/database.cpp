// SQLite behind sql::Database: one thread that writes, in groups that share a commit, and a few that read
// snapshots.
#include "common/sql/database.hpp"

#include <future>
#include <thread>

#include "common/sql/bounded_queue.hpp"
#include "common/sql/health.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/schema_migrations.hpp"
#include "common/sql/sqlite/connection.hpp"
#include "common/sql/sqlite/file.hpp"
#include "common/sql/sqlite/group.hpp"

namespace stagedoor::sql {
namespace {

using sqlite::Connection;
using Queue = BoundedQueue<PendingTransaction>;

// A checkpoint is made by the writer after its answers: at a quiet moment from 4 MiB of log on, at 16 MiB in
// any case; at 64 MiB (readers kept the log from starting afresh) it waits for them for a moment. Counted in
// pages of 4 KiB.
constexpr int quiet_checkpoint_pages = 1'024;
constexpr int busy_checkpoint_pages = 4'096;
constexpr int waiting_checkpoint_pages = 16'384;

class SqliteDatabase final : public Database {
  public:
    SqliteDatabase(SqliteOptions options, runtime::Clock& clock);
    ~SqliteDatabase() override { close(); }

    void migrate(const std::vector<Migration>& migrations) override;
    [[nodiscard]] Task<> check() override;
    void close() override;

  protected:
    [[nodiscard]] Task<> run_write(Work work, WriteOptions options) override {
        return run_in(writes_, std::move(work), std::move(options.traceparent));
    }
    [[nodiscard]] Task<> run_read(Work work) override { return run_in(reads_, std::move(work), {}); }

  private:
    [[nodiscard]] Task<> run_in(Queue& queue, Work work, std::string traceparent);
    [[nodiscard]] std::exception_ptr offer(Queue& queue, PendingTransaction& waiting);
    void write_and_wait(Work work);

    void write_loop();
    void serve(std::span<PendingTransaction> group);
    void commit(const std::function<void()>& statement);
    void note_health();
    void checkpoint_if_due();
    void read_loop(Connection& connection);
    [[nodiscard]] std::vector<PendingTransaction> take(Queue& queue, std::size_t most);
    [[nodiscard]] std::shared_ptr<void> count_busy() const {
        return pool_numbers_ ? pool_numbers_->count_busy() : nullptr;
    }

    const SqliteOptions options_;
    runtime::Clock& clock_;
    std::optional<Numbers> numbers_;
    std::optional<PoolNumbers> pool_numbers_;
    Health health_;
    std::optional<sqlite::FileLock> lock_;
    std::unique_ptr<Connection> writer_;
    std::vector<std::unique_ptr<Connection>> readers_;
    Queue writes_, reads_;
    int checkpointed_pages_ = 0;  // of the log as it is now
    std::vector<std::jthread> threads_;
    std::once_flag closed_;
};

SqliteDatabase::SqliteDatabase(SqliteOptions options, runtime::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      health_(options_.name, clock),
      writes_(options_.queue_limit),
      reads_(options_.queue_limit) {
    if (options_.metrics) {
        numbers_.emplace(*options_.metrics, options_.name);
        pool_numbers_.emplace(*options_.metrics, options_.name);
    }
    sqlite::make_folder(std::filesystem::path{options_.path}.parent_path());
    lock_.emplace(options_.path);
    writer_ = std::make_unique<Connection>(options_.path, Connection::Access::write);
    writer_->execute(schema_migrations_table);
    for (int i = 0; i < std::max(1, options_.readers); ++i) {
        readers_.push_back(std::make_unique<Connection>(options_.path, Connection::Access::read));
    }
    if (pool_numbers_) pool_numbers_->open.set(1.0 + static_cast<double>(readers_.size()));
    try {
        threads_.emplace_back([this] { write_loop(); });
        for (auto& reader : readers_)
            threads_.emplace_back([this, &connection = *reader] { read_loop(connection); });
    } catch (...) {  // no more threads to be had: those that run are told to end
        writes_.close();
        reads_.close();
        throw;
    }
}

// ---- waiting for a database thread

std::exception_ptr SqliteDatabase::offer(Queue& queue, PendingTransaction& waiting) {
    auto refused = refusal_of(queue.push(waiting));
    if (!refused && numbers_) numbers_->queue.add(1);
    return refused;
}

Task<> SqliteDatabase::run_in(Queue& queue, Work work, std::string traceparent) {
    return until_answered({std::move(work), std::move(traceparent), clock_.now(), {}},
                          [this, &queue](PendingTransaction& waiting) { return offer(queue, waiting); });
}

void SqliteDatabase::write_and_wait(Work work) {
    std::promise<void> done;
    PendingTransaction waiting{std::move(work), {}, clock_.now(), [&done](std::exception_ptr verdict) {
                                   if (verdict)
                                       done.set_exception(std::move(verdict));
                                   else
                                       done.set_value();
                               }};
    if (auto refused = offer(writes_, waiting)) std::rethrow_exception(std::move(refused));
    done.get_future().get();
}

std::vector<PendingTransaction> SqliteDatabase::take(Queue& queue, std::size_t most) {
    auto taken = queue.take(most);
    if (numbers_) numbers_->queue.add(-static_cast<double>(taken.size()));
    return taken;
}

// ---- the writer's thread

void SqliteDatabase::write_loop() {
    while (true) {
        auto group = take(writes_, options_.group_limit);
        if (group.empty()) return;
        auto busy = count_busy();
        serve(group);
        checkpoint_if_due();
    }
}

// Answers each of `group`, after the commit. What ended a whole group may have been one member's doing: each
// by itself then gets its own verdict.
void SqliteDatabase::serve(std::span<PendingTransaction> group) {
    auto ended =
        sqlite::commit_together(*writer_, group, [this](const auto& statement) { commit(statement); });
    if (ended && group.size() > 1) {
        static_cast<void>(writer_->take_failure());
        for (auto& each : group) serve({&each, 1});
        return;
    }
    if (numbers_) numbers_->group_size.observe(static_cast<double>(group.size()));
    note_health();
    if (ended) group.front().verdict = std::move(ended);
    for (auto& each : group) settle(each, options_.name);
}

void SqliteDatabase::commit(const std::function<void()>& statement) {
    auto start = clock_.monotonic();
    statement();
    if (!numbers_) return;
    numbers_->commit_seconds.observe(std::chrono::duration<double>(clock_.monotonic() - start).count());
}

void SqliteDatabase::note_health() {
    if (auto failure = writer_->take_failure())
        health_.writes_fail(*failure);
    else
        health_.writes_work();
}

void SqliteDatabase::checkpoint_if_due() {
    auto pages = writer_->wal_pages();
    if (pages < checkpointed_pages_) checkpointed_pages_ = 0;  // the log began afresh
    auto grown = pages - checkpointed_pages_;
    if (grown < (writes_.is_empty() ? quiet_checkpoint_pages : busy_checkpoint_pages)) return;
    try {
        auto wait = pages >= waiting_checkpoint_pages;
        writer_->checkpoint(wait ? Connection::Checkpoint::restart : Connection::Checkpoint::passive);
    } catch (const std::runtime_error&) {
        // What is committed stays in the log, so nothing is lost and the next group tells whether writing
        // works.
        health_.complain(writer_->take_failure().value_or("checkpoint failed"));
    }
    checkpointed_pages_ = writer_->wal_pages();
}

// ---- the readers' threads

void SqliteDatabase::read_loop(Connection& connection) {
    while (true) {
        auto taken = take(reads_, 1);
        if (taken.empty()) return;
        auto busy = count_busy();
        sqlite::run_on_snapshot(connection, taken.front());
        if (auto failure = connection.take_failure()) health_.complain(*failure);
        settle(taken.front(), options_.name);
    }
}

// ---- the rest of the interface

void SqliteDatabase::migrate(const std::vector<Migration>& migrations) {
    require_order(migrations);
    for (const auto& each : migrations) {
        write_and_wait([&](Tx& tx) { apply(static_cast<sqlite::SqliteTx&>(tx), each); });
    }
    write_and_wait([&](Tx& tx) { warn_of_newer(tx, migrations, options_.name); });
}

Task<> SqliteDatabase::check() {
    // While writing fails nobody may be sent here to try again: so it is tried here.
    if (health_.do_writes_fail()) co_await run_write([](Tx& tx) { sqlite::touch(tx); }, {});
    co_await run_read([](Tx& tx) {
        if (tx.query<std::int64_t>("SELECT count(*) FROM sqlite_schema").empty())
            throw DatabaseError("no answer");
    });
}

void SqliteDatabase::close() {
    std::call_once(closed_, [this] {
        writes_.close();
        reads_.close();
        threads_.clear();  // joins
        readers_.clear();
        if (pool_numbers_) pool_numbers_->open.set(0);
        try {
            if (writer_) writer_->checkpoint(Connection::Checkpoint::truncate);
        } catch (const std::runtime_error& error) {
            health_.complain(error.what());  // the log stays and is read at the next start
        }
        writer_.reset();
        lock_.reset();
    });
}

}  // namespace

std::unique_ptr<Database> open_sqlite(SqliteOptions options, runtime::Clock& clock) {
    return std::make_unique<SqliteDatabase>(std::move(options), clock);
}

}  // namespace stagedoor::sql
