// sql::Database on SQLite: one thread writes, in groups that share a commit; a few others read snapshots.
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

// The writer checkpoints the write-ahead log after completing a group: from 4 MiB if it is idle, from 16 MiB
// in any case. From 64 MiB (readers prevented a restart of the log) it waits briefly for readers. In pages of
// 4 KiB.
constexpr int idle_checkpoint_pages = 1'024;
constexpr int busy_checkpoint_pages = 4'096;
constexpr int restart_checkpoint_pages = 16'384;

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
    [[nodiscard]] std::exception_ptr enqueue(Queue& queue, PendingTransaction& transaction);
    void write_and_wait(Work work);

    void write_loop();
    void run_group(std::span<PendingTransaction> group);
    void time_commit(const std::function<void()>& commit);
    void update_health();
    void checkpoint_if_due();
    void read_loop(Connection& connection);
    [[nodiscard]] std::vector<PendingTransaction> take(Queue& queue, std::size_t max);
    [[nodiscard]] std::shared_ptr<void> count_busy() const {
        return connection_metrics_ ? connection_metrics_->count_busy() : nullptr;
    }

    const SqliteOptions options_;
    runtime::Clock& clock_;
    std::optional<DatabaseMetrics> metrics_;
    std::optional<ConnectionMetrics> connection_metrics_;
    Health health_;
    std::optional<sqlite::FileLock> lock_;
    std::unique_ptr<Connection> writer_;
    std::vector<std::unique_ptr<Connection>> readers_;
    Queue writes_, reads_;
    int checkpointed_pages_ = 0;  // of the current log
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
        metrics_.emplace(*options_.metrics, options_.name);
        connection_metrics_.emplace(*options_.metrics, options_.name);
    }
    sqlite::make_folder(std::filesystem::path{options_.path}.parent_path());
    lock_.emplace(options_.path);
    writer_ = std::make_unique<Connection>(options_.path, Connection::Access::write);
    writer_->execute(schema_migrations_table);
    for (int i = 0; i < std::max(1, options_.readers); ++i) {
        readers_.push_back(std::make_unique<Connection>(options_.path, Connection::Access::read));
    }
    if (connection_metrics_) connection_metrics_->open.set(1.0 + static_cast<double>(readers_.size()));
    try {
        threads_.emplace_back([this] { write_loop(); });
        for (auto& reader : readers_)
            threads_.emplace_back([this, &connection = *reader] { read_loop(connection); });
    } catch (...) {  // no more threads available: end those already running
        writes_.close();
        reads_.close();
        throw;
    }
}

// ---- queueing

std::exception_ptr SqliteDatabase::enqueue(Queue& queue, PendingTransaction& transaction) {
    auto rejection = rejection_of(queue.push(transaction));
    if (!rejection && metrics_) metrics_->queue.add(1);
    return rejection;
}

Task<> SqliteDatabase::run_in(Queue& queue, Work work, std::string traceparent) {
    return enqueue_and_wait(
        {std::move(work), std::move(traceparent), clock_.now(), {}},
        [this, &queue](PendingTransaction& transaction) { return enqueue(queue, transaction); });
}

void SqliteDatabase::write_and_wait(Work work) {
    std::promise<void> done;
    PendingTransaction transaction{std::move(work), {}, clock_.now(), [&done](std::exception_ptr error) {
                                       if (error)
                                           done.set_exception(std::move(error));
                                       else
                                           done.set_value();
                                   }};
    if (auto rejection = enqueue(writes_, transaction)) std::rethrow_exception(std::move(rejection));
    done.get_future().get();
}

std::vector<PendingTransaction> SqliteDatabase::take(Queue& queue, std::size_t max) {
    auto batch = queue.take(max);
    if (metrics_) metrics_->queue.add(-static_cast<double>(batch.size()));
    return batch;
}

// ---- the writer's thread

void SqliteDatabase::write_loop() {
    while (true) {
        auto group = take(writes_, options_.group_limit);
        if (group.empty()) return;
        auto busy = count_busy();
        run_group(group);
        checkpoint_if_due();
    }
}

// Completes each transaction of the group after its commit. One member can make the whole group fail; then
// each runs alone and gets its own result.
void SqliteDatabase::run_group(std::span<PendingTransaction> group) {
    auto error =
        sqlite::commit_together(*writer_, group, [this](const auto& commit) { time_commit(commit); });
    if (error && group.size() > 1) {
        static_cast<void>(writer_->take_failure());
        for (auto& each : group) run_group({&each, 1});
        return;
    }
    if (metrics_) metrics_->group_size.observe(static_cast<double>(group.size()));
    update_health();
    if (error) group.front().error = std::move(error);
    for (auto& each : group) complete(each, options_.name);
}

void SqliteDatabase::time_commit(const std::function<void()>& commit) {
    auto start = clock_.monotonic();
    commit();
    if (!metrics_) return;
    metrics_->commit_seconds.observe(std::chrono::duration<double>(clock_.monotonic() - start).count());
}

void SqliteDatabase::update_health() {
    if (auto failure = writer_->take_failure())
        health_.record_write_failure(*failure);
    else
        health_.record_write_success();
}

void SqliteDatabase::checkpoint_if_due() {
    auto pages = writer_->wal_pages();
    if (pages < checkpointed_pages_) checkpointed_pages_ = 0;  // the log was restarted
    auto new_pages = pages - checkpointed_pages_;
    if (new_pages < (writes_.is_empty() ? idle_checkpoint_pages : busy_checkpoint_pages)) return;
    try {
        auto restart = pages >= restart_checkpoint_pages;
        writer_->checkpoint(restart ? Connection::Checkpoint::restart : Connection::Checkpoint::passive);
    } catch (const std::runtime_error&) {
        // Nothing is lost: committed data stays in the log. The next group shows whether writing still works.
        health_.log_failure(writer_->take_failure().value_or("checkpoint failed"));
    }
    checkpointed_pages_ = writer_->wal_pages();
}

// ---- the readers' threads

void SqliteDatabase::read_loop(Connection& connection) {
    while (true) {
        auto batch = take(reads_, 1);
        if (batch.empty()) return;
        auto busy = count_busy();
        sqlite::run_on_snapshot(connection, batch.front());
        if (auto failure = connection.take_failure()) health_.log_failure(*failure);
        complete(batch.front(), options_.name);
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
    // While not ready we get no requests, so nothing else would find out that writing works again.
    if (health_.last_write_failed()) co_await run_write([](Tx& tx) { sqlite::touch(tx); }, {});
    co_await run_read([](Tx& tx) {
        if (tx.query<std::int64_t>("SELECT count(*) FROM sqlite_schema").empty())
            throw DatabaseError("no response");
    });
}

void SqliteDatabase::close() {
    std::call_once(closed_, [this] {
        writes_.close();
        reads_.close();
        threads_.clear();  // joins
        readers_.clear();
        if (connection_metrics_) connection_metrics_->open.set(0);
        try {
            if (writer_) writer_->checkpoint(Connection::Checkpoint::truncate);
        } catch (const std::runtime_error& error) {
            health_.log_failure(error.what());  // the write-ahead log stays and is read at the next start
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
