// PostgreSQL behind sql::Database: a bounded pool of connections, each with a thread. Those that write serve
// groups (postgres_lanes), those that read serve one snapshot at a time.
#include "common/sql/database.hpp"

#include <fmt/format.h>

#include <future>
#include <thread>

#include "common/runtime/log.hpp"
#include "common/runtime/random.hpp"
#include "common/sql/bounded_queue.hpp"
#include "common/sql/health.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/postgres/group.hpp"
#include "common/sql/postgres/lanes.hpp"
#include "common/sql/postgres/session.hpp"
#include "common/sql/schema_migrations.hpp"

namespace stagedoor::sql {
namespace {

using postgres::Connection;
using postgres::Ended;
using postgres::Savepoints;
using postgres::Session;
using postgres::Write;
using std::chrono::steady_clock;

constexpr std::chrono::hours longest_migration{1};
// Of a transaction that met a deadlock or a serialization failure.
constexpr int max_serialization_failures = 8;
constexpr std::chrono::milliseconds after_serialization_failure{2};

struct Read {
    PendingTransaction waiting;
    steady_clock::time_point give_up_at{};
};

class PostgresDatabase final : public Database {
  public:
    PostgresDatabase(PostgresOptions options, runtime::Clock& clock);
    ~PostgresDatabase() override { close(); }

    void migrate(const std::vector<Migration>& migrations) override;
    [[nodiscard]] Task<> check() override;
    void close() override;

  protected:
    [[nodiscard]] Task<> run_write(Work work, WriteOptions options) override;
    [[nodiscard]] Task<> run_read(Work work) override {
        return read_within(std::move(work), options_.patience);
    }

  private:
    [[nodiscard]] Task<> read_within(Work work, std::chrono::milliseconds patience);
    void require_byte_order(Connection& connection) const;
    void prepare_schema();
    void count_waiting(double change);

    void write_loop(Session& session);
    void serve(Session& session, std::span<Write> group);
    void serve_one(Session& session, Write& write);
    [[nodiscard]] std::optional<Ended> try_to_commit(Session& session, std::span<Write> group,
                                                     Savepoints savepoints);
    void read_loop(Session& session);
    void serve_read(Session& session, Read& read);

    const PostgresOptions options_;
    runtime::Clock& clock_;
    std::optional<Numbers> numbers_;
    std::optional<PoolNumbers> pool_numbers_;
    Health health_;
    runtime::SystemRandom random_;
    postgres::Lanes writes_;
    BoundedQueue<Read> reads_;
    std::atomic<bool> closing_ = false;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::jthread> threads_;
    std::once_flag closed_;
};

PostgresDatabase::PostgresDatabase(PostgresOptions options, runtime::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      health_(options_.name, clock),
      writes_(options_.queue_limit, options_.group_limit, std::max(1, options_.writers)),
      reads_(options_.queue_limit) {
    if (options_.metrics) {
        numbers_.emplace(*options_.metrics, options_.name);
        pool_numbers_.emplace(*options_.metrics, options_.name);
    }
    prepare_schema();
    auto add = [this](Connection::Access access) -> Session& {
        auto* numbers = pool_numbers_ ? &*pool_numbers_ : nullptr;
        return *sessions_.emplace_back(
            std::make_unique<Session>(options_, access, random_, numbers, closing_));
    };
    try {
        for (int i = 0; i < std::max(1, options_.writers); ++i) {
            threads_.emplace_back([this, &session = add(Connection::Access::write)] { write_loop(session); });
        }
        for (int i = 0; i < std::max(1, options_.readers); ++i) {
            threads_.emplace_back([this, &session = add(Connection::Access::read)] { read_loop(session); });
        }
    } catch (...) {  // no more threads to be had: those that run are told to end
        writes_.close();
        reads_.close();
        throw;
    }
}

// A search by the beginnings of words compares texts byte by byte, as SQLite does; a language's order does not.
void PostgresDatabase::require_byte_order(Connection& connection) const {
    auto order = connection.ask(
        "SELECT CASE datlocprovider WHEN 'c' THEN datcollate WHEN 'i' THEN 'ICU' ELSE 'C' END"
        " FROM pg_database WHERE datname = current_database()");
    order->next();
    std::string collation{order->text(0)};
    if (collation == "C" || collation == "POSIX" || collation.starts_with("C.")) return;
    throw DatabaseError("the database of " + options_.name + " sorts by " + collation +
                        "; make it with LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' TEMPLATE template0");
}

void PostgresDatabase::prepare_schema() {
    Connection connection{options_, Session::new_label(random_, options_.name), Connection::Access::write};
    require_byte_order(connection);
    connection.send("BEGIN");
    auto lock = postgres::row_number(options_.schema, "schema");
    const std::array<Parameter, 1> number{lock};
    connection.send("SELECT pg_advisory_xact_lock($1)", number);
    const std::array<Parameter, 1> schema{std::string_view{options_.schema}};
    auto there = connection.ask("SELECT count(*) FROM pg_namespace WHERE nspname = $1", schema);
    there->next();
    if (!options_.schema.empty() && there->integer(0) == 0)
        connection.send(fmt::format("CREATE SCHEMA \"{}\"", options_.schema));
    connection.send(schema_migrations_table);
    connection.send(postgres::commit_marks_table);
    connection.ask("COMMIT");
    postgres::CommitMarkers::tidy_up(connection);
}

// ---- waiting for a database thread

void PostgresDatabase::count_waiting(double change) {
    if (numbers_) numbers_->queue.add(change);
}

Task<> PostgresDatabase::run_write(Work work, WriteOptions options) {
    Write write{.waiting = {},
                .relaxed_durability = options.relaxed_durability,
                .give_up_at = steady_clock::now() + options_.patience};
    for (const auto& row : options.hot_rows) write.rows.push_back(postgres::row_number(options_.schema, row));
    std::ranges::sort(write.rows);
    auto repeated = std::ranges::unique(write.rows);
    write.rows.erase(repeated.begin(), repeated.end());
    auto shared = std::make_shared<Write>(std::move(write));
    return until_answered({std::move(work), std::move(options.traceparent), clock_.now(), {}},
                          [this, shared](PendingTransaction& waiting) {
                              shared->waiting = std::move(waiting);
                              count_waiting(1);
                              auto refused = refusal_of(writes_.push(*shared));
                              if (!refused) return refused;
                              count_waiting(-1);
                              waiting = std::move(shared->waiting);
                              return refused;
                          });
}

Task<> PostgresDatabase::read_within(Work work, std::chrono::milliseconds patience) {
    return until_answered({std::move(work), {}, clock_.now(), {}},
                          [this, patience](PendingTransaction& waiting) {
                              Read read{std::move(waiting), steady_clock::now() + patience};
                              count_waiting(1);
                              auto refused = refusal_of(reads_.push(read));
                              if (!refused) return refused;
                              count_waiting(-1);
                              waiting = std::move(read.waiting);
                              return refused;
                          });
}

// ---- the writers' threads

void PostgresDatabase::write_loop(Session& session) {
    for (;;) {
        auto group = writes_.take();
        if (group.empty()) return;
        count_waiting(-static_cast<double>(group.size()));
        auto busy = session.count_busy();
        serve(session, group);
        writes_.finished(group);
    }
}

// Answers each of `group`, after the commit. What ended a whole group may have been one member's doing: with
// savepoints only that one is undone; when not even they help, each by itself gets its own verdict.
void PostgresDatabase::serve(Session& session, std::span<Write> group) {
    if (group.size() == 1) return serve_one(session, group.front());
    auto savepoints = session.savepoints().next();
    auto ended = try_to_commit(session, group, savepoints);
    if (ended && ended->how == Ended::How::undone && savepoints == Savepoints::none) {
        session.savepoints().ran_in_vain();
        ended = try_to_commit(session, group, Savepoints::of_each);
    }
    for (auto& each : group) {
        auto runs_again = ended ? ended->how != Ended::How::uncertain && steady_clock::now() < each.give_up_at
                                : postgres::is_serialization_failure(each.waiting.verdict);
        if (runs_again) {
            serve_one(session, each);
            continue;
        }
        if (ended) each.waiting.verdict = ended->why;
        settle(each.waiting, options_.name);
    }
}

void PostgresDatabase::serve_one(Session& session, Write& write) {
    for (int serialization_failures = 0;;) {
        auto ended = try_to_commit(session, {&write, 1}, Savepoints::none);
        if (!ended) break;
        write.waiting.verdict = ended->why;
        auto may_run_again = ended->how == Ended::How::lost && steady_clock::now() < write.give_up_at;
        if (postgres::is_serialization_failure(ended->why) &&
            ++serialization_failures <= max_serialization_failures) {
            auto longest = static_cast<std::uint64_t>(after_serialization_failure.count())
                           << serialization_failures;
            std::this_thread::sleep_for(std::chrono::milliseconds{random_.below(longest) + 1});
            may_run_again = true;
        }
        if (!may_run_again) break;
    }
    settle(write.waiting, options_.name);
}

// Nullopt once the group is committed, also when that was only found out afterwards. `lost`: it was not, and may
// run again; `uncertain`: nobody could be asked in time.
std::optional<Ended> PostgresDatabase::try_to_commit(Session& session, std::span<Write> group,
                                                     Savepoints savepoints) {
    auto give_up_at = group.front().give_up_at;
    std::optional<Ended> ended;
    try {
        auto& connection = session.connection(give_up_at);
        ended = postgres::commit_together(
            connection, session.marks(), group, savepoints, [this](const auto& statement) {
                auto start = steady_clock::now();
                statement();
                if (numbers_)
                    numbers_->commit_seconds.observe(
                        std::chrono::duration<double>(steady_clock::now() - start).count());
            });
        if (ended && ended->how != Ended::How::undone) health_.complain(postgres::text_of(ended->why));
        if (ended && ended->how == Ended::How::uncertain) {
            if (session.was_committed(give_up_at + options_.patience))
                ended.reset();
            else
                ended->how = Ended::How::lost;
        }
    } catch (const DatabaseError& error) {
        auto how = ended ? ended->how : Ended::How::undone;
        if (how == Ended::How::uncertain) {
            ended = Ended{how, std::make_exception_ptr(DatabaseError(fmt::format(
                                   "whether the transaction was committed is not known: {}", error.what())))};
        } else {
            ended = Ended{Ended::How::undone, std::current_exception()};
        }
        health_.writes_fail(error.what());
        return ended;
    }
    if (ended) return ended;
    health_.writes_work();
    if (numbers_) numbers_->group_size.observe(static_cast<double>(group.size()));
    return std::nullopt;
}

// ---- the readers' threads

void PostgresDatabase::read_loop(Session& session) {
    for (;;) {
        auto taken = reads_.take(1);
        if (taken.empty()) return;
        count_waiting(-1);
        auto busy = session.count_busy();
        serve_read(session, taken.front());
        settle(taken.front().waiting, options_.name);
    }
}

void PostgresDatabase::serve_read(Session& session, Read& read) {
    for (;;) {
        try {
            return postgres::run_on_snapshot(session.connection(read.give_up_at), read.waiting);
        } catch (const DatabaseError& error) {
            health_.complain(error.what());
            read.waiting.verdict = std::current_exception();
            if (steady_clock::now() >= read.give_up_at || closing_) return;
        }
    }
}

// ---- the rest of the interface

void PostgresDatabase::migrate(const std::vector<Migration>& migrations) {
    require_order(migrations);
    Connection connection{options_, Session::new_label(random_, options_.name), Connection::Access::write};
    connection.limit_waits(longest_migration);
    // Each step waits for its turn among the copies that start at the same moment, however long theirs takes.
    const std::array<Parameter, 1> lock{postgres::row_number(options_.schema, "migrations")};
    auto in_turn = [&](const std::function<void(postgres::PostgresTx&)>& work) {
        connection.send("BEGIN");
        connection.send("SET LOCAL statement_timeout = 0");
        connection.send("SET LOCAL lock_timeout = 0");
        connection.ask("SELECT pg_advisory_xact_lock($1)", lock);
        postgres::PostgresTx tx{connection, clock_.now(), {}};
        work(tx);
        connection.ask("COMMIT");
    };
    for (const auto& each : migrations) in_turn([&](auto& tx) { apply(tx, each); });
    in_turn([&](auto& tx) { warn_of_newer(tx, migrations, options_.name); });
}

Task<> PostgresDatabase::check() {
    constexpr std::chrono::seconds patience{2};
    try {
        // While writing fails nobody may be sent here to try again: so it is tried here.
        if (health_.do_writes_fail()) co_await run_write([](Tx&) {}, {});
        co_await read_within(
            [](Tx& tx) {
                if (tx.query<std::int64_t>("SELECT 1").empty()) throw DatabaseError("no answer");
            },
            patience);
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
