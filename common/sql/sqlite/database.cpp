// sql::Database on SQLite: one thread writes, in groups that share a commit; a few others read snapshots.
#include "common/sql/database.hpp"

#include <future>
#include <thread>

#include "common/runtime/folder.hpp"
#include "common/sql/bounded_queue.hpp"
#include "common/sql/health.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/read_queue.hpp"
#include "common/sql/schema_migrations.hpp"
#include "common/sql/sqlite/connection.hpp"
#include "common/sql/sqlite/file.hpp"
#include "common/sql/sqlite/group.hpp"

namespace stagedoor::sql {
namespace {

using sqlite::Connection;

// The writer checkpoints the write-ahead log after completing a group: from 4 MiB if it is idle, from 16 MiB
// in any case. From 64 MiB (readers prevented a restart of the log) it waits briefly for readers. In pages of
// 4 KiB.
constexpr int idle_checkpoint_pages = 1'024;
constexpr int busy_checkpoint_pages = 4'096;
constexpr int restart_checkpoint_pages = 16'384;
constexpr int max_readers = 8;

class SqliteDatabase final : public Database {
  public:
    SqliteDatabase(SqliteOptions options, runtime::Clock& clock);
    ~SqliteDatabase() override { close(); }

    void migrate(const std::vector<Migration>& migrations) override;
    [[nodiscard]] Task<> check() override;
    void close() override;

  protected:
    [[nodiscard]] Task<> run_write(Work work, WriteOptions options) override;
    [[nodiscard]] Task<> run_read(Work work, ReadOptions options) override;

  private:
    [[nodiscard]] std::exception_ptr enqueue_write(PendingTransaction& transaction);
    void write_and_wait(Work work);

    void write_loop();
    void reopen_writer();
    void run_group(std::span<PendingTransaction> group);
    void time_commit(const std::function<void()>& commit);
    void update_health();
    void checkpoint_if_due();
    void read_loop(Connection& connection, ReadLane lane);
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
    BoundedQueue<PendingTransaction> writes_;
    ReadQueue reads_;
    int checkpointed_pages_ = 0;  // of the current log
    std::vector<std::jthread> threads_;
    std::once_flag closed_;
};

SqliteDatabase::SqliteDatabase(SqliteOptions options, runtime::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      metrics_(options_.metrics ? std::make_optional<DatabaseMetrics>(*options_.metrics, options_.name)
                                : std::nullopt),
      connection_metrics_(options_.metrics
                              ? std::make_optional<ConnectionMetrics>(*options_.metrics, options_.name)
                              : std::nullopt),
      health_(options_.name, clock),
      writes_(options_.queue_limit),
      reads_(options_.queue_limit, options_.quick_read_time, options_.name, options_.read_clock,
             metrics_ ? &*metrics_ : nullptr) {
    try {
        runtime::make_folder(std::filesystem::path{options_.path}.parent_path());
    } catch (const std::runtime_error& error) {
        throw DatabaseError(error.what());
    }
    lock_.emplace(options_.path);
    writer_ = std::make_unique<Connection>(options_.path, Connection::Access::write);
    writer_->execute(schema_migrations_table);
    auto quick = quick_readers(options_.readers, max_readers);
    for (int i = 0; i < quick + slow_readers(quick); ++i)
        readers_.push_back(std::make_unique<Connection>(options_.path, Connection::Access::read));
    if (connection_metrics_) connection_metrics_->open.set(1.0 + static_cast<double>(readers_.size()));
    try {
        threads_.emplace_back([this] { write_loop(); });
        for (int i = 0; i < std::ssize(readers_); ++i) {
            threads_.emplace_back(
                [this, &connection = *readers_[static_cast<std::size_t>(i)],
                 lane = i < quick ? ReadLane::quick : ReadLane::slow] { read_loop(connection, lane); });
        }
    } catch (...) {  // no more threads available: end those already running
        writes_.close();
        reads_.close();
        throw;
    }
}

// ---- queueing

std::exception_ptr SqliteDatabase::enqueue_write(PendingTransaction& transaction) {
    auto rejection = rejection_of(writes_.push(transaction));
    if (!rejection && metrics_) metrics_->queue.add(1);
    return rejection;
}

Task<> SqliteDatabase::run_write(Work work, WriteOptions options) {
    return enqueue_and_wait({std::move(work), std::move(options.traceparent), clock_.now(), {}},
                            [this](PendingTransaction& transaction) { return enqueue_write(transaction); });
}

Task<> SqliteDatabase::run_read(Work work, ReadOptions options) {
    return enqueue_and_wait({std::move(work), {}, clock_.now(), {}},
                            [this, timeout = options.timeout](PendingTransaction& transaction) {
                                return reads_.push(transaction, timeout);
                            });
}

void SqliteDatabase::write_and_wait(Work work) {
    std::promise<void> done;
    PendingTransaction transaction{std::move(work), {}, clock_.now(), [&done](std::exception_ptr error) {
                                       if (error)
                                           done.set_exception(std::move(error));
                                       else
                                           done.set_value();
                                   }};
    if (auto rejection = enqueue_write(transaction)) std::rethrow_exception(std::move(rejection));
    done.get_future().get();
}

// ---- the writer's thread

void SqliteDatabase::write_loop() {
    while (true) {
        auto group = writes_.take(options_.group_limit);
        if (group.empty()) return;
        if (metrics_) metrics_->queue.add(-static_cast<double>(group.size()));
        auto busy = count_busy();
        run_group(group);
        checkpoint_if_due();
    }
}

// Completes each transaction of the group after its commit. One member can make the whole group fail; then
// each runs alone and gets its own result.
void SqliteDatabase::run_group(std::span<PendingTransaction> group) {
    if (writer_->was_read_only()) reopen_writer();
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
    auto written = writer_->take_written();
    if (auto failure = writer_->take_failure())
        health_.record_write_failure(*failure);
    else if (written)
        health_.record_write_success();
}

void SqliteDatabase::reopen_writer() {
    try {
        writer_ = std::make_unique<Connection>(options_.path, Connection::Access::write);
        checkpointed_pages_ = 0;
    } catch (const DatabaseError& error) {  // keeps the old one; tried again before the next group
        health_.log_failure(error.what());
    }
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

void SqliteDatabase::read_loop(Connection& connection, ReadLane lane) {
    reads_.serve(lane, [&](PendingTransaction& read, ReadLimit& limit) {
        auto busy = count_busy();
        sqlite::run_on_snapshot(connection, read, &limit);
        if (auto failure = connection.take_failure()) health_.log_failure(*failure);
    });
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
    if (health_.must_try_to_write()) co_await run_write([](Tx& tx) { sqlite::touch(tx); }, {});
    co_await run_read(
        [](Tx& tx) {
            if (tx.query<std::int64_t>("SELECT count(*) FROM sqlite_schema").empty())
                throw DatabaseError("no response");
        },
        {});
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
