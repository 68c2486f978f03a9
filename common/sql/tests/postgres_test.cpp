// What only the PostgreSQL driver guarantees: groups by row, transactions whose connection is lost, limits,
// and messages for the operator.
#include <gmock/gmock.h>

#include <latch>
#include <set>

#include "common/runtime/log.hpp"
#include "fleet/polling.hpp"
#include "testing/databases/postgres_fixture.hpp"
#include "testing/servers/fault_proxy.hpp"

namespace stagedoor::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- groups

TEST_F(Postgres, transactions_on_one_row_share_commits_in_groups_of_up_to_64) {
    runtime::Metrics metrics;
    open({.metrics = &metrics});
    add("hot");
    HeldRow held{*database, loop, "hot"};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 100; ++i) all.push_back(start_increment("hot"));
    catch_up(loop);
    held.release();
    for (auto& each : all) each.get();
    database->close();
    EXPECT_EQ(number("hot"), 100);
    auto text = metrics.to_text();
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_group_size_bucket{database="test",le="32"} 2)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_group_size_bucket{database="test",le="64"} 4)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_queue{database="test"} 0)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_connections{database="test",state="busy"} 0)"));
}

TEST_F(Postgres, a_held_row_does_not_block_other_rows) {
    open({});
    add("hot");
    add("other");
    HeldRow held{*database, loop, "hot"};
    auto blocked = start_increment("hot");
    start_increment("other").get();
    EXPECT_EQ(blocked.wait_for(0s), std::future_status::timeout);
    held.release();
    blocked.get();
}

TEST_F(Postgres, undoes_only_the_transactions_of_a_group_that_fail) {
    open({});
    add("hot");
    auto all = start_together(9, "hot", [](Tx& tx, int i) {
        increment(tx, "hot");
        if (i % 3 == 1) throw Conflict("rejected"_text);
        if (i % 3 == 2) tx.execute("INSERT INTO things(id) VALUES ('hot')");
    });
    for (std::size_t i = 0; i < 9; ++i) {
        if (i % 3 == 0) EXPECT_NO_THROW(all[i].get());
        if (i % 3 == 1) EXPECT_THROW(all[i].get(), Conflict);
        if (i % 3 == 2) EXPECT_THROW(all[i].get(), UniqueViolation);
    }
    EXPECT_EQ(number("hot"), 3);
}

// A transaction that fails before it writes has nothing to undo. Otherwise its group runs again with
// savepoints, and the next groups use savepoints at once.
TEST_F(Postgres, a_group_runs_again_only_if_there_is_something_to_undo) {
    open({.writers = 1});
    add("hot");
    auto count_runs = [&](auto fail) {
        std::vector<int> runs(6);
        auto all = start_together(6, "hot", [&](Tx& tx, int i) {
            ++runs[static_cast<std::size_t>(i)];
            if (i % 2 == 1) return fail(tx);
            increment(tx, "hot");
        });
        for (std::size_t i = 0; i < 6; ++i) {
            if (i % 2 == 0) EXPECT_NO_THROW(all[i].get());
            if (i % 2 == 1) EXPECT_THROW(all[i].get(), Conflict);
        }
        return runs;
    };
    auto before_writing = [](Tx& tx) {
        if (tx.execute("UPDATE things SET number = 0 WHERE id = 'unknown'").rows == 0)
            throw Conflict("rejected"_text);
    };
    auto after_writing = [](Tx& tx) {
        increment(tx, "hot");
        throw Conflict("rejected"_text);
    };
    auto after_sending = [](Tx& tx) {
        tx.send("INSERT INTO things(id) VALUES ('sent')");
        throw Conflict("rejected"_text);
    };
    EXPECT_EQ(count_runs(before_writing), (std::vector<int>{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 3);
    EXPECT_EQ(count_runs(after_writing), (std::vector<int>{2, 2, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 6);
    EXPECT_EQ(count_runs(after_sending), (std::vector<int>{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 9);
    EXPECT_EQ(count(), 1);
}

// Statements sent without waiting fail while other transactions of the group run, which must not suffer.
TEST_F(Postgres, a_failed_send_undoes_only_its_own_transaction) {
    open({});
    add("hot");
    auto all = start_together(9, "hot", [](Tx& tx, int i) {
        increment(tx, "hot");
        if (i % 3 == 0) tx.send("INSERT INTO things(id) VALUES ('hot')");
        tx.send("INSERT INTO things(id) VALUES ($1)", std::to_string(i));
    });
    for (std::size_t i = 0; i < 9; ++i) {
        if (i % 3 == 0)
            EXPECT_THROW(all[i].get(), UniqueViolation);
        else
            EXPECT_NO_THROW(all[i].get());
    }
    EXPECT_EQ(number("hot"), 6);
    EXPECT_EQ(count(), 7);
}

TEST_F(Postgres, a_failed_send_in_a_nested_part_fails_that_part) {
    open({});
    auto things = loop.wait_for(database->write([](Tx& tx) {
        tx.send("INSERT INTO things(id) VALUES ('a')");
        auto part = [&] {
            tx.send("INSERT INTO things(id) VALUES ('b')");
            tx.send("INSERT INTO things(id) VALUES ('a')");
        };
        EXPECT_THROW(tx.nested(part), UniqueViolation);
        auto throws_first = [&] {
            tx.send("INSERT INTO things(id) VALUES ('a')");
            throw Conflict("before the result is known"_text);
        };
        EXPECT_THROW(tx.nested(throws_first), Conflict);
        tx.send("INSERT INTO things(id) VALUES ('c')");
        return tx.find<std::int64_t>("SELECT count(*) FROM things").value();
    }));
    EXPECT_EQ(things, 2);
    EXPECT_EQ(count(), 2);
}

TEST_F(Postgres, relaxed_durability_does_not_wait_for_the_disk) {
    open({});
    auto setting = [&](bool relaxed_durability) {
        return loop.wait_for(
            database->write([](Tx& tx) { return tx.find<std::string>("SHOW synchronous_commit").value(); },
                            {.relaxed_durability = relaxed_durability}));
    };
    EXPECT_EQ(setting(true), "off");
    EXPECT_EQ(setting(false), "on");
}

// ---- lost connections

TEST_F(Postgres, a_transaction_that_loses_its_connection_before_commit_runs_again) {
    open({});
    add("a");
    int runs = 0;
    loop.wait_for(database->write([&](Tx& tx) {
        increment(tx, "a");
        auto session = tx.find<std::int64_t>("SELECT pg_backend_pid()").value();
        if (++runs == 1) schema.query("SELECT pg_terminate_backend(" + std::to_string(session) + ", 5000)");
        increment(tx, "a");
    }));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(number("a"), 2);
}

class CutAtCommit : public Postgres, public ::testing::WithParamInterface<testing::FaultProxy::CutPoint> {};

TEST_P(CutAtCommit, every_transaction_takes_effect_exactly_once) {
    open({});
    add("a");
    database->close();
    for (int group_size : {1, 5}) {
        testing::FaultProxy proxy{test_server().port()};
        database = open_postgres(options_through(proxy.port()), clock);
        auto before = number("a");
        HeldRow held{*database, loop, "a"};
        std::vector<std::future<void>> all;
        for (int i = 0; i < group_size; ++i) all.push_back(start_increment("a"));
        catch_up(loop);
        proxy.cut_next(GetParam());  // hits HeldRow's commit, the first of its connection
        held.release();
        for (auto& each : all) EXPECT_NO_THROW(each.get());
        EXPECT_EQ(number("a"), before + group_size);
        EXPECT_EQ(proxy.cuts(), 1);
        proxy.cut_next(GetParam());
        for (int i = 0; i < 20 && proxy.cuts() < 2; ++i) {  // until another connection makes its first commit
            std::vector<std::future<void>> more;
            for (const auto* row : {"x", "y", "z", "a"}) more.push_back(start_increment("a", row));
            for (auto& each : more) EXPECT_NO_THROW(each.get());
            EXPECT_EQ(number("a"), before + group_size + 4 * (i + 1));
        }
        EXPECT_EQ(proxy.cuts(), 2);
        database->close();
    }
}

INSTANTIATE_TEST_SUITE_P(Both, CutAtCommit,
                         ::testing::Values(testing::FaultProxy::CutPoint::before_commit,
                                           testing::FaultProxy::CutPoint::after_commit),
                         [](const auto& info) {
                             return info.param == testing::FaultProxy::CutPoint::before_commit ? "before"
                                                                                               : "after";
                         });

// What PostgreSQL sends if a statement's time is over when it has just ended: an error to nobody.
TEST_F(Postgres, survives_a_time_out_that_comes_when_the_statement_has_ended) {
    const std::string error{"SERROR\0C57014\0Mcanceling statement due to statement timeout\0\0", 61},
        ready{"Z\0\0\0\5I", 6};
    open({});
    add("a");
    database->close();
    testing::FaultProxy proxy{test_server().port()};
    auto options = options_through(proxy.port());
    options.writers = options.readers = 1;
    database = open_postgres(options, clock);
    auto use = [&] {
        start_increment("a").get();
        return loop.wait_for(database->read(
            [](Tx& tx) { return tx.find<std::int64_t>("SELECT number FROM things WHERE id = 'a'"); }));
    };
    EXPECT_EQ(use(), 1);
    log::start(log::Level::warning);
    ::testing::internal::CaptureStderr();
    for (int i = 2; i < 30; ++i) {
        if (i % 2) proxy.delay(5ms);  // it comes after the next statements were sent, or before
        proxy.send_to_clients(std::string{"E\0\0\0\x41", 5} + error + ready);
        EXPECT_EQ(use(), i);
        proxy.heal();
    }
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(Postgres, an_unknown_commit_outcome_is_reported_and_the_transaction_does_not_run_again) {
    open({});
    add("a");
    database->close();
    testing::FaultProxy proxy{test_server().port()};
    auto options = options_through(proxy.port());
    options.unreachable_timeout = 300ms;
    database = open_postgres(options, clock);
    std::latch started{1}, cut_off{1};
    auto unknown = loop.start(database->write([&](Tx& tx) {
        increment(tx, "a");
        if (!started.try_wait()) started.count_down();
        cut_off.wait();
    }));
    started.wait();
    proxy.cut_next(testing::FaultProxy::CutPoint::after_commit);
    proxy.refuse(true);
    cut_off.count_down();
    try {
        unknown.get();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const DatabaseError& error) {
        EXPECT_THAT(error.what(), HasSubstr("is not known"));
    }
    proxy.refuse(false);
    EXPECT_NO_THROW(start_increment("a").get());
    EXPECT_EQ(number("a"), 2);
}

Task<> buy_until(Database& database, std::string buyer, const std::atomic<bool>& stop,
                 std::vector<std::string>& confirmed) {
    for (int i = 0; !stop; ++i) {
        auto id = buyer + "/" + std::to_string(i);
        try {
            co_await database.write(
                [&](Tx& tx) {
                    tx.send("INSERT INTO bought(id) VALUES ($1)", id);
                    increment(tx, "stock");
                },
                {.hot_rows = {"stock"}});
            confirmed.push_back(id);
        } catch (const DatabaseError&) {  // a 503: nothing was confirmed
        } catch (const Unavailable&) {
        }
    }
}

TEST_F(Postgres, a_server_crash_loses_no_confirmed_write_and_repeats_none) {
    open({});
    add("stock");
    schema.query("CREATE TABLE bought (id TEXT); ALTER TABLE bought OWNER TO contract");
    std::atomic<bool> stop = false;
    std::vector<std::vector<std::string>> confirmed(12);
    std::vector<std::future<void>> buyers;
    for (std::size_t i = 0; i < confirmed.size(); ++i)
        buyers.push_back(parallel.start(buy_until(*database, std::to_string(i), stop, confirmed[i])));
    for (int crash = 0; crash < 2; ++crash) {
        std::this_thread::sleep_for(400ms);
        test_server().kill();
        test_server().start();
    }
    std::this_thread::sleep_for(400ms);
    stop = true;
    for (auto& each : buyers) each.get();
    auto found =
        loop.wait_for(database->read([](Tx& tx) { return tx.query<std::string>("SELECT id FROM bought"); }));
    std::set<std::string> unique{found.begin(), found.end()};
    EXPECT_EQ(unique.size(), found.size()) << "a write was repeated";
    std::size_t confirmed_count = 0;
    for (const auto& ids : confirmed) {
        confirmed_count += ids.size();
        for (const auto& id : ids) EXPECT_TRUE(unique.contains(id)) << id;
    }
    EXPECT_GT(confirmed_count, 100U);
    EXPECT_EQ(number("stock"), static_cast<std::int64_t>(found.size()));
}

TEST_F(Postgres, callers_get_an_error_after_waiting_for_an_unreachable_database) {
    open({.unreachable_timeout = 700ms});
    add("a");
    EXPECT_NO_THROW(loop.wait_for(database->check()));
    test_server().stop();
    auto start = std::chrono::steady_clock::now();
    EXPECT_THROW(start_increment("a").get(), DatabaseError);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    EXPECT_THROW(loop.wait_for(database->check()), DatabaseError);
    auto waiting = start_increment("a");
    test_server().start();
    (void)waiting.wait_for(10s);
    EXPECT_NO_THROW(start_increment("a").get());
    EXPECT_NO_THROW(loop.wait_for(database->check()));
}

// ---- limits

TEST_F(Postgres, the_number_of_connections_is_bounded) {
    open({.writers = 3, .readers = 2});
    std::vector<std::future<void>> all;
    for (int i = 0; i < 200; ++i) {
        all.push_back(parallel.start(database->write([](Tx& tx) { tx.execute("SELECT pg_sleep(0.001)"); })));
        all.push_back(parallel.start(database->read([](Tx& tx) { tx.execute("SELECT pg_sleep(0.001)"); })));
    }
    auto sessions =
        schema.query("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stagedoor %'");
    for (auto& each : all) each.get();
    EXPECT_LE(std::stoi(sessions), 6) << "three write, two read, and one more reads slowly";
}

TEST_F(Postgres, waiting_for_a_lock_times_out) {
    open({.lock_timeout = 200ms});
    add("a");
    HeldRow held{*database, loop, "a"};
    EXPECT_THROW(start_increment("a", "the row by another name").get(), DatabaseError);
    held.release();
    EXPECT_NO_THROW(start_increment("a").get());
}

// A program that hangs or is cut off in the middle of a transaction must not keep its rows locked.
TEST_F(Postgres, an_idle_transaction_loses_its_locks_and_runs_again) {
    open({.idle_timeout = 200ms});
    add("a");
    auto other = open_another({});
    HeldRow held{*database, loop, "a"};
    EXPECT_NO_THROW(loop.wait_for(other->write([](Tx& tx) { increment(tx, "a"); }, {.hot_rows = {"a"}})));
    held.release();  // throws if its transaction did not run again
    EXPECT_NO_THROW(start_increment("a").get());
    other->close();
    EXPECT_EQ(number("a"), 2);
}

TEST_F(Postgres, a_slow_statement_times_out) {
    open({.statement_timeout = 200ms});
    EXPECT_THROW(loop.wait_for(database->write([](Tx& tx) { tx.execute("SELECT pg_sleep(5)"); })),
                 DatabaseError);
}

TEST_F(Postgres, a_slow_read_is_stopped_by_the_server) {
    open({});
    auto sleep = database->read([](Tx& tx) { tx.execute("SELECT pg_sleep(60)"); }, {.timeout = 200ms});
    EXPECT_THROW(loop.wait_for(std::move(sleep)), Unavailable);
    EXPECT_EQ(schema.query("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE "
                           "'SELECT pg_sleep(60)'"),
              "0\n");
}

// ---- read-only servers

std::string state_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const DatabaseError& error) {
        return error.state.empty() ? error.what() : error.state;
    }
    return "";
}

// As after a failover: the server accepts connections but no writes, and later accepts both.
TEST_F(Postgres, writes_again_once_a_read_only_database_accepts_writes) {
    open({.unreachable_timeout = 300ms});
    add("a");
    schema.query("ALTER DATABASE contract SET default_transaction_read_only = on");
    schema.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name LIKE 'stagedoor %'");
    EXPECT_EQ(state_of([&] { start_increment("a").get(); }), "is read-only");
    EXPECT_EQ(state_of([&] { loop.wait_for(database->check()); }), "is read-only");
    EXPECT_EQ(loop.wait_for(database->read(
                  [](Tx& tx) { return tx.find<std::int64_t>("SELECT number FROM things").value(); })),
              0)
        << "reads go on";
    schema.query("BEGIN READ WRITE; ALTER DATABASE contract RESET default_transaction_read_only; COMMIT");
    EXPECT_NO_THROW(loop.wait_for(database->check()));
    EXPECT_NO_THROW(start_increment("a").get());
    EXPECT_EQ(number("a"), 1);
}

// A session that stays read-only although the server is not: the connection is closed, and nobody notices.
TEST_F(Postgres, a_connection_that_refuses_writes_is_replaced) {
    open({.writers = 1});
    add("a");
    for (int group_size : {1, 5}) {
        loop.wait_for(database->write(
            [](Tx& tx) { tx.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"); }));
        auto before = number("a");
        HeldRow held{*database, loop, "a"};
        std::vector<std::future<void>> all;
        for (int i = 0; i < group_size; ++i) all.push_back(start_increment("a"));
        catch_up(loop);
        held.release();
        for (auto& each : all) EXPECT_NO_THROW(each.get());
        EXPECT_EQ(number("a"), before + group_size);
    }
}

TEST_F(Postgres, an_idle_service_notices_that_nothing_can_be_written) {
    open({.unreachable_timeout = 300ms});
    add("a");
    EXPECT_NO_THROW(loop.wait_for(database->check()));
    schema.query("ALTER DATABASE contract SET default_transaction_read_only = on");
    schema.query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name LIKE 'stagedoor %'");
    clock.advance(5s);
    EXPECT_EQ(state_of([&] { loop.wait_for(database->check()); }), "is read-only");
    schema.query("BEGIN READ WRITE; ALTER DATABASE contract RESET default_transaction_read_only; COMMIT");
    EXPECT_NO_THROW(loop.wait_for(database->check()));
}

// ---- starting

TEST_F(Postgres, several_replicas_can_start_at_once) {
    std::vector<std::jthread> replicas;
    for (int i = 0; i < 6; ++i) {
        replicas.emplace_back([this] {
            auto replica = open_postgres(schema.options(), clock);
            replica->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"},
                              {"test", 2, "INSERT INTO things(id, number) VALUES ('migrated', 1)"}});
            replica->close();
        });
    }
    replicas.clear();
    open({});
    EXPECT_EQ(number("migrated"), 1);
}

std::string error_on_open(PostgresOptions options, runtime::Clock& clock) {
    try {
        (void)open_postgres(std::move(options), clock);
        return "nothing was thrown";
    } catch (const DatabaseError& error) {
        return error.what();
    }
}

TEST_F(Postgres, errors_on_open_name_the_reason_but_no_secret) {
    auto port = std::to_string(test_server().port());
    auto error = [&](const std::string& url) {
        auto text = error_on_open({.url = url, .name = "test"}, clock);
        EXPECT_THAT(text, Not(HasSubstr("secret")));
        return text;
    };
    EXPECT_THAT(error("postgresql://contract:secret@127.0.0.1:" + port + "/contract"),
                HasSubstr("can't reach the database at 127.0.0.1:" + port +
                          "/contract: password authentication failed for user \"contract\""));
    test_server().query("CREATE DATABASE german LOCALE_PROVIDER icu ICU_LOCALE 'de' TEMPLATE template0");
    EXPECT_THAT(error(test_server().admin_url("german")), HasSubstr("sorts by ICU; create it with"));
    auto missing = test_server().admin_url("missing");
    EXPECT_THAT(error(missing), HasSubstr("database \"missing\" does not exist"));
    EXPECT_THAT(error("postgresql://contract:secret@127.0.0.1:1/contract"),
                HasSubstr("127.0.0.1:1/contract: Connection refused; is it running? check DATABASE_URL"));
    EXPECT_THAT(error("postgresql://contract:secret@[127.0.0.1/contract"),
                HasSubstr("DATABASE_URL can't be read"));
    EXPECT_THAT(error("postgresql://contract:it@secret@127.0.0.1:1/contract"), HasSubstr("write it as %40"));
}

}  // namespace
}  // namespace stagedoor::sql
