// sql::Database on PostgreSQL: a bounded pool of connections, each with its own thread. Writers commit groups
// (see lanes.hpp); readers run one snapshot transaction at a time.
#include "common/sql/database.hpp"

#include <fmt/format.h>

#include <future>
#include <thread>

#include "common/runtime/log.hpp"
#include "common/runtime/random.hpp"
#include "common/sql/health.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/postgres/group.hpp"
#include "common/sql/postgres/lanes.hpp"
#include "common/sql/postgres/session.hpp"
#include "common/sql/read_queue.hpp"
#include "common/sql/schema_migrations.hpp"

namespace stagedoor::sql {
namespace {

using postgres::Connection;
using postgres::GroupFailure;
using Outcome = GroupFailure::Outcome;
using postgres::Savepoints;
using postgres::Session;
using postgres::Write;
using std::chrono::steady_clock;

constexpr std::chrono::hours migration_timeout{1};
constexpr int max_readers = 4;
// How often a transaction is run again after a serialization failure or deadlock, and the backoff's base.
constexpr int max_serialization_failures = 8;
constexpr std::chrono::milliseconds serialization_failure_backoff{2};

class PostgresDatabase final : public Database {
  public:
    PostgresDatabase(PostgresOptions options, runtime::Clock& clock);
    ~PostgresDatabase() override { close(); }

    void migrate(const std::vector<Migration>& migrations) override;
    [[nodiscard]] Task<> check() override;
    void close() override;

  protected:
    [[nodiscard]] Task<> run_write(Work work, WriteOptions options) override;
    [[nodiscard]] Task<> run_read(Work work, ReadOptions options) override;

  private:
    [[nodiscard]] Task<> write_within(Work work, WriteOptions options, std::chrono::milliseconds timeout);
    void require_bytewise_collation(Connection& connection) const;
    void prepare_schema();
    void add_to_queue_metric(double change);

    void write_loop(Session& session);
    void run_group(Session& session, std::span<Write> group);
    void run_alone(Session& session, Write& write);
    void record_failure(const GroupFailure& failure);
    [[nodiscard]] std::optional<GroupFailure> try_to_commit(Session& session, std::span<Write> group,
                                                            Savepoints savepoints);
    void read_loop(Session& session, ReadLane lane);
    void run_read_transaction(Session& session, PendingTransaction& read, ReadLimit& limit);

    const PostgresOptions options_;
    runtime::Clock& clock_;
    std::optional<DatabaseMetrics> metrics_;
    std::optional<ConnectionMetrics> connection_metrics_;
    Health health_;
    runtime::SystemRandom random_;
    postgres::Lanes writes_;
    ReadQueue reads_;
    std::atomic<bool> closing_ = false;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::jthread> threads_;
    std::once_flag closed_;
};

PostgresDatabase::PostgresDatabase(PostgresOptions options, runtime::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      metrics_(options_.metrics ? std::make_optional<DatabaseMetrics>(*options_.metrics, options_.name)
                                : std::nullopt),
      connection_metrics_(options_.metrics
                              ? std::make_optional<ConnectionMetrics>(*options_.metrics, options_.name)
                              : std::nullopt),
      health_(options_.name, clock),
      writes_(options_.queue_limit, options_.group_limit, std::max(1, options_.writers)),
      reads_(options_.queue_limit, options_.quick_read_time, options_.name, options_.read_clock,
             metrics_ ? &*metrics_ : nullptr) {
    prepare_schema();
    auto add = [this](Connection::Access access) -> Session& {
        auto* metrics = connection_metrics_ ? &*connection_metrics_ : nullptr;
        return *sessions_.emplace_back(
            std::make_unique<Session>(options_, access, random_, metrics, closing_));
    };
    try {
        for (int i = 0; i < std::max(1, options_.writers); ++i) {
            threads_.emplace_back([this, &session = add(Connection::Access::write)] { write_loop(session); });
        }
        auto quick = quick_readers(options_.readers, max_readers);
        for (int i = 0; i < quick + slow_readers(quick); ++i) {
            threads_.emplace_back(
                [this, &session = add(Connection::Access::read),
                 lane = i < quick ? ReadLane::quick : ReadLane::slow] { read_loop(session, lane); });
        }
    } catch (...) {  // no more threads available: end those already running
        writes_.close();
        reads_.close();
        throw;
    }
}

// Prefix search needs texts compared byte by byte, as SQLite does; a language's collation differs.
void PostgresDatabase::require_bytewise_collation(Connection& connection) const {
    auto order = connection.execute(
        "SELECT CASE datlocprovider WHEN 'c' THEN datcollate WHEN 'i' THEN 'ICU' ELSE 'C' END"
        " FROM pg_database WHERE datname = current_database()");
    order->next();
    std::string collation{order->text(0)};
    if (collation == "C" || collation == "POSIX" || collation.starts_with("C.")) return;
    throw DatabaseError("the database of " + options_.name + " sorts by " + collation +
                        "; create it with LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' TEMPLATE template0");
}

void PostgresDatabase::prepare_schema() {
    Connection connection{options_, Session::new_label(random_, options_.name), Connection::Access::write};
    require_bytewise_collation(connection);
    connection.send("BEGIN");
    auto lock = postgres::advisory_lock_key(options_.schema, "schema");
    const std::array<Parameter, 1> number{lock};
    connection.send("SELECT pg_advisory_xact_lock($1)", number);
    const std::array<Parameter, 1> schema{std::string_view{options_.schema}};
    auto existing = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname = $1", schema);
    existing->next();
    if (!options_.schema.empty() && existing->integer(0) == 0)
        connection.send(fmt::format("CREATE SCHEMA \"{}\"", options_.schema));
    connection.send(schema_migrations_table);
    connection.send(postgres::commit_marks_table);
    connection.execute("COMMIT");
    postgres::CommitMarkers::delete_stale(connection);
}

// ---- queueing

void PostgresDatabase::add_to_queue_metric(double change) {
    if (metrics_) metrics_->queue.add(change);
}

Task<> PostgresDatabase::run_write(Work work, WriteOptions options) {
    return write_within(std::move(work), std::move(options), options_.unreachable_timeout);
}

Task<> PostgresDatabase::write_within(Work work, WriteOptions options, std::chrono::milliseconds timeout) {
    Write write{.transaction = {},
                .relaxed_durability = options.relaxed_durability,
                .deadline = steady_clock::now() + timeout};
    for (const auto& row : options.hot_rows)
        write.rows.push_back(postgres::advisory_lock_key(options_.schema, row));
    std::ranges::sort(write.rows);
    auto repeated = std::ranges::unique(write.rows);
    write.rows.erase(repeated.begin(), repeated.end());
    auto shared = std::make_shared<Write>(std::move(write));
    return enqueue_and_wait({std::move(work), std::move(options.traceparent), clock_.now(), {}},
                            [this, shared](PendingTransaction& transaction) {
                                shared->transaction = std::move(transaction);
                                add_to_queue_metric(1);
                                auto rejection = rejection_of(writes_.push(*shared));
                                if (!rejection) return rejection;
                                add_to_queue_metric(-1);
                                transaction = std::move(shared->transaction);
                                return rejection;
                            });
}

Task<> PostgresDatabase::run_read(Work work, ReadOptions options) {
    return enqueue_and_wait({std::move(work), {}, clock_.now(), {}},
                            [this, timeout = options.timeout](PendingTransaction& transaction) {
                                return reads_.push(transaction, timeout);
                            });
}

// ---- the writers' threads

void PostgresDatabase::write_loop(Session& session) {
    for (;;) {
        auto group = writes_.take();
        if (group.empty()) return;
        add_to_queue_metric(-static_cast<double>(group.size()));
        auto busy = session.count_busy();
        run_group(session, group);
        writes_.finished(group);
    }
}

// Completes each transaction of the group after its commit. One member can make the whole group fail: with
// savepoints only that one is undone. If even that fails, each runs alone and gets its own result.
void PostgresDatabase::run_group(Session& session, std::span<Write> group) {
    if (group.size() == 1) return run_alone(session, group.front());
    auto savepoints = session.savepoints().next();
    auto failure = try_to_commit(session, group, savepoints);
    if (failure && failure->outcome == Outcome::rolled_back && savepoints == Savepoints::none) {
        session.savepoints().record_rollback();
        failure = try_to_commit(session, group, Savepoints::per_transaction);
    }
    for (auto& each : group) {
        auto runs_again = failure
                              ? failure->outcome != Outcome::unknown && steady_clock::now() < each.deadline
                              : postgres::is_serialization_failure(each.transaction.error);
        if (runs_again) {
            run_alone(session, each);
            continue;
        }
        if (failure) each.transaction.error = failure->error;
        complete(each.transaction, options_.name);
    }
}

void PostgresDatabase::run_alone(Session& session, Write& write) {
    for (int serialization_failures = 0, refusals = 0;;) {
        auto failure = try_to_commit(session, {&write, 1}, Savepoints::none);
        if (!failure) break;
        write.transaction.error = failure->error;
        // A server that refuses writes on a new connection, too, will refuse them on the next one.
        auto may_run_again = failure->outcome == Outcome::connection_lost &&
                             steady_clock::now() < write.deadline && (!failure->read_only || ++refusals == 1);
        if (postgres::is_serialization_failure(failure->error) &&
            ++serialization_failures <= max_serialization_failures) {
            auto max = static_cast<std::uint64_t>(serialization_failure_backoff.count())
                       << serialization_failures;
            std::this_thread::sleep_for(std::chrono::milliseconds{random_.below(max) + 1});
            may_run_again = true;
        }
        if (!may_run_again) break;
    }
    complete(write.transaction, options_.name);
}

// Of the database; that a transaction is rolled back is no failure of it.
void PostgresDatabase::record_failure(const GroupFailure& failure) {
    if (postgres::was_stopped_too_late(failure.error)) return;
    if (!postgres::database_state(failure.error).empty())
        health_.record_write_failure(postgres::text_of(failure.error));
    else if (failure.outcome != Outcome::rolled_back)
        health_.log_failure(postgres::text_of(failure.error));
}

// Returns nullopt once the group has committed, even if that was only found out afterwards with the commit
// marker. `connection_lost`: it did not commit and may run again. `unknown`: the marker could not be read in
// time.
std::optional<GroupFailure> PostgresDatabase::try_to_commit(Session& session, std::span<Write> group,
                                                            Savepoints savepoints) {
    auto deadline = group.front().deadline;
    std::optional<GroupFailure> failure;
    try {
        auto& connection = session.connection(deadline);
        failure = postgres::commit_together(
            connection, session.commit_markers(), group, savepoints, [this](const auto& commit) {
                auto start = steady_clock::now();
                commit();
                if (metrics_)
                    metrics_->commit_seconds.observe(
                        std::chrono::duration<double>(steady_clock::now() - start).count());
            });
        if (failure && connection.was_read_only()) {
            *failure = {Outcome::connection_lost, std::make_exception_ptr(postgres::ReadOnlyServer()), true};
            session.close_read_only();
        }
        if (failure) record_failure(*failure);
        if (failure && failure->outcome == Outcome::unknown) {
            if (session.was_committed(deadline + options_.unreachable_timeout))
                failure.reset();
            else
                failure->outcome = Outcome::connection_lost;
        }
    } catch (const DatabaseError& error) {
        if (failure && failure->outcome == Outcome::unknown) {
            failure->error = std::make_exception_ptr(DatabaseError(
                fmt::format("whether the transaction was committed is not known: {}", error.what())));
        } else {
            failure = GroupFailure{Outcome::rolled_back, std::current_exception()};
        }
        health_.record_write_failure(error.what());
        return failure;
    }
    if (failure) return failure;
    health_.record_write_success();
    if (metrics_) metrics_->group_size.observe(static_cast<double>(group.size()));
    return std::nullopt;
}

// ---- the readers' threads

void PostgresDatabase::read_loop(Session& session, ReadLane lane) {
    reads_.serve(lane, [&](PendingTransaction& read, ReadLimit& limit) {
        auto busy = session.count_busy();
        run_read_transaction(session, read, limit);
    });
}

void PostgresDatabase::run_read_transaction(Session& session, PendingTransaction& read, ReadLimit& limit) {
    auto deadline = read.accepted_at + options_.unreachable_timeout;
    for (;;) {
        try {
            auto& connection = session.connection(deadline);
            limit.begin();
            return postgres::run_on_snapshot(connection, read, limit);
        } catch (const DatabaseError& error) {
            read.error = std::current_exception();
            if (!postgres::was_stopped_too_late(read.error)) health_.log_failure(error.what());
            if (steady_clock::now() >= deadline || closing_) return;
        }
    }
}

// ---- the rest of the interface

void PostgresDatabase::migrate(const std::vector<Migration>& migrations) {
    require_order(migrations);
    Connection connection{options_, Session::new_label(random_, options_.name), Connection::Access::write};
    connection.set_timeout(migration_timeout);
    // Replicas that start at the same time run each migration in turn, however long one takes.
    const std::array<Parameter, 1> lock{postgres::advisory_lock_key(options_.schema, "migrations")};
    auto run_locked = [&](const std::function<void(postgres::PostgresTx&)>& work) {
        connection.send("BEGIN");
        connection.send("SET LOCAL statement_timeout = 0");
        connection.send("SET LOCAL lock_timeout = 0");
        connection.execute("SELECT pg_advisory_xact_lock($1)", lock);
        postgres::PostgresTx tx{connection, clock_.now(), {}};
        work(tx);
        connection.execute("COMMIT");
    };
    for (const auto& each : migrations) run_locked([&](auto& tx) { apply(tx, each); });
    run_locked([&](auto& tx) { warn_of_newer(tx, migrations, options_.name); });
}

Task<> PostgresDatabase::check() {
    constexpr std::chrono::seconds timeout{2};
    try {
        // While not ready we get no requests, so nothing else would find out that writing works again.
        if (health_.must_try_to_write()) co_await write_within([](Tx&) {}, {}, timeout);
        co_await run_read(
            [](Tx& tx) {
                if (tx.query<std::int64_t>("SELECT 1").empty()) throw DatabaseError("no response");
            },
            {.timeout = timeout});
    } catch (const Unavailable& error) {
        throw DatabaseError(error.what());
    }
}

void PostgresDatabase::close() {
    std::call_once(closed_, [this] {
        closing_ = true;
        writes_.close();
        reads_.close();
        threads_.clear();  // joins
        sessions_.clear();
    });
}

}  // namespace

std::unique_ptr<Database> open_postgres(PostgresOptions options, runtime::Clock& clock) {
    return std::make_unique<PostgresDatabase>(std::move(options), clock);
}

}  // namespace stagedoor::sql
