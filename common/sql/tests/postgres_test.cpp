// What only the PostgreSQL driver promises: groups by row, what becomes of a transaction whose connection is
// lost, limits, and what the operator is told.
#include <gmock/gmock.h>

#include <latch>
#include <set>

#include "fleet/waiting.hpp"
#include "testing/databases/postgres_fixture.hpp"
#include "testing/servers/cutting_proxy.hpp"

namespace stagedoor::sql {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- groups

TEST_F(Postgres, those_who_want_one_row_share_commits_of_at_most_64) {
    runtime::Metrics metrics;
    open({.metrics = &metrics});
    add("hot");
    HeldRow held{*database, loop, "hot"};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 100; ++i) all.push_back(start_raise("hot"));
    catch_up(loop);
    held.let_go();
    for (auto& each : all) each.get();
    database->close();
    EXPECT_EQ(number("hot"), 100);
    auto text = metrics.to_text();
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_group_size_bucket{database="test",le="32"} 2)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_group_size_bucket{database="test",le="64"} 4)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_queue{database="test"} 0)"));
    EXPECT_THAT(text, HasSubstr(R"(stagedoor_sql_connections{database="test",state="busy"} 0)"));
}

TEST_F(Postgres, while_a_row_is_held_others_go_on) {
    open({});
    add("hot");
    add("other");
    HeldRow held{*database, loop, "hot"};
    auto waits = start_raise("hot");
    start_raise("other").get();
    EXPECT_EQ(waits.wait_for(0s), std::future_status::timeout);
    held.let_go();
    waits.get();
}

TEST_F(Postgres, of_a_group_only_what_fails_is_undone) {
    open({});
    add("hot");
    auto all = start_together(9, "hot", [](Tx& tx, int i) {
        raise(tx, "hot");
        if (i % 3 == 1) throw Conflict("refused");
        if (i % 3 == 2) tx.execute("INSERT INTO things(id) VALUES ('hot')");
    });
    for (int i = 0; i < 9; ++i) {
        if (i % 3 == 0) EXPECT_NO_THROW(all[i].get());
        if (i % 3 == 1) EXPECT_THROW(all[i].get(), Conflict);
        if (i % 3 == 2) EXPECT_THROW(all[i].get(), UniqueViolation);
    }
    EXPECT_EQ(number("hot"), 3);
}

// Refused before it wrote anything, one has nothing to be undone. Otherwise its group runs once more, with savepoints,
// and so do the next at the first try.
TEST_F(Postgres, a_group_runs_again_only_when_there_is_something_to_undo) {
    open({.writers = 1});
    add("hot");
    auto runs_when = [&](auto refused) {
        std::vector<int> runs(6);
        auto all = start_together(6, "hot", [&](Tx& tx, int i) {
            ++runs[i];
            if (i % 2 == 1) return refused(tx);
            raise(tx, "hot");
        });
        for (int i = 0; i < 6; ++i) {
            if (i % 2 == 0) EXPECT_NO_THROW(all[i].get());
            if (i % 2 == 1) EXPECT_THROW(all[i].get(), Conflict);
        }
        return runs;
    };
    auto before_it_wrote = [](Tx& tx) {
        if (tx.execute("UPDATE things SET number = 0 WHERE id = 'unknown'").rows == 0)
            throw Conflict("refused");
    };
    auto after_it_wrote = [](Tx& tx) {
        raise(tx, "hot");
        throw Conflict("refused");
    };
    auto after_it_sent = [](Tx& tx) {
        tx.send("INSERT INTO things(id) VALUES ('sent')");
        throw Conflict("refused");
    };
    EXPECT_EQ(runs_when(before_it_wrote), (std::vector<int>{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 3);
    EXPECT_EQ(runs_when(after_it_wrote), (std::vector<int>{2, 2, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 6);
    EXPECT_EQ(runs_when(after_it_sent), (std::vector<int>{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(number("hot"), 9);
    EXPECT_EQ(count(), 1);
}

// Sent without waiting, the failure is met by others of the group: they must not pay for it.
TEST_F(Postgres, what_was_sent_and_fails_undoes_its_own_transaction_only) {
    open({});
    add("hot");
    auto all = start_together(9, "hot", [](Tx& tx, int i) {
        raise(tx, "hot");
        if (i % 3 == 0) tx.send("INSERT INTO things(id) VALUES ('hot')");
        tx.send("INSERT INTO things(id) VALUES ($1)", std::to_string(i));
    });
    for (int i = 0; i < 9; ++i) {
        if (i % 3 == 0)
            EXPECT_THROW(all[i].get(), UniqueViolation);
        else
            EXPECT_NO_THROW(all[i].get());
    }
    EXPECT_EQ(number("hot"), 6);
    EXPECT_EQ(count(), 7);
}

TEST_F(Postgres, what_was_sent_in_a_nested_part_fails_there) {
    open({});
    auto caught = loop.wait_for(database->write([](Tx& tx) {
        tx.send("INSERT INTO things(id) VALUES ('a')");
        auto part = [&] {
            tx.send("INSERT INTO things(id) VALUES ('b')");
            tx.send("INSERT INTO things(id) VALUES ('a')");
        };
        EXPECT_THROW(tx.nested(part), UniqueViolation);
        auto refused = [&] {
            tx.send("INSERT INTO things(id) VALUES ('a')");
            throw Conflict("before anything was heard");
        };
        EXPECT_THROW(tx.nested(refused), Conflict);
        tx.send("INSERT INTO things(id) VALUES ('c')");
        return tx.find<std::int64_t>("SELECT count(*) FROM things").value();
    }));
    EXPECT_EQ(caught, 2);
    EXPECT_EQ(count(), 2);
}

TEST_F(Postgres, what_may_be_lost_does_not_wait_for_the_disk) {
    open({});
    auto setting = [&](bool relaxed_durability) {
        return loop.wait_for(
            database->write([](Tx& tx) { return tx.find<std::string>("SHOW synchronous_commit").value(); },
                            {.relaxed_durability = relaxed_durability}));
    };
    EXPECT_EQ(setting(true), "off");
    EXPECT_EQ(setting(false), "on");
}

// ---- connections that are lost

TEST_F(Postgres, lost_before_its_commit_a_transaction_is_run_again_once) {
    open({});
    add("a");
    int runs = 0;
    loop.wait_for(database->write([&](Tx& tx) {
        raise(tx, "a");
        auto session = tx.find<std::int64_t>("SELECT pg_backend_pid()").value();
        if (++runs == 1) place.query("SELECT pg_terminate_backend(" + std::to_string(session) + ", 5000)");
        raise(tx, "a");
    }));
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(number("a"), 2);
}

class CutAtCommit : public Postgres, public ::testing::WithParamInterface<CuttingProxy::Cut> {};

TEST_P(CutAtCommit, a_transaction_counts_exactly_once) {
    open({});
    add("a");
    database->close();
    for (int group : {1, 5}) {
        CuttingProxy proxy{test_server().port()};
        auto options = place.options();
        options.url = through(proxy.port());
        database = open_postgres(options, clock);
        auto before = number("a");
        HeldRow held{*database, loop, "a"};
        std::vector<std::future<void>> all;
        for (int i = 0; i < group; ++i) all.push_back(start_raise("a"));
        catch_up(loop);
        proxy.cut_next(GetParam());  // meets the holder's own commit, the first of its connection
        held.let_go();
        for (auto& each : all) EXPECT_NO_THROW(each.get());
        EXPECT_EQ(number("a"), before + group);
        EXPECT_EQ(proxy.cuts(), 1);
        proxy.cut_next(GetParam());
        for (int i = 0; i < 20 && proxy.cuts() < 2; ++i) {  // another connection's first
            std::vector<std::future<void>> more;
            for (const auto* row : {"x", "y", "z", "a"}) more.push_back(start_raise("a", row));
            for (auto& each : more) EXPECT_NO_THROW(each.get());
            EXPECT_EQ(number("a"), before + group + 4 * (i + 1));
        }
        EXPECT_EQ(proxy.cuts(), 2);
        database->close();
    }
}

INSTANTIATE_TEST_SUITE_P(Both, CutAtCommit,
                         ::testing::Values(CuttingProxy::Cut::before_commit, CuttingProxy::Cut::after_commit),
                         [](const auto& info) {
                             return info.param == CuttingProxy::Cut::before_commit ? "not_done" : "done";
                         });

// Who can't be told whether it was done receives just that, and it isn't done again.
TEST_F(Postgres, what_nobody_can_find_out_is_said_and_not_done_again) {
    open({});
    add("a");
    database->close();
    CuttingProxy proxy{test_server().port()};
    auto options = place.options();
    options.url = through(proxy.port());
    options.patience = 300ms;
    database = open_postgres(options, clock);
    std::latch begun{1}, refused{1};
    auto doubtful = loop.start(database->write([&](Tx& tx) {
        raise(tx, "a");
        if (!begun.try_wait()) begun.count_down();
        refused.wait();
    }));
    begun.wait();
    proxy.cut_next(CuttingProxy::Cut::after_commit);
    proxy.refuse(true);
    refused.count_down();
    try {
        doubtful.get();
        ADD_FAILURE() << "it was answered";
    } catch (const DatabaseError& error) {
        EXPECT_THAT(error.what(), HasSubstr("is not known"));
    }
    proxy.refuse(false);
    EXPECT_NO_THROW(start_raise("a").get());
    EXPECT_EQ(number("a"), 2);
}

Task<> buy_until(Database& database, std::string buyer, const std::atomic<bool>& stop,
                 std::vector<std::string>& answered) {
    for (int i = 0; !stop; ++i) {
        auto id = buyer + "/" + std::to_string(i);
        try {
            co_await database.write(
                [&](Tx& tx) {
                    tx.send("INSERT INTO bought(id) VALUES ($1)", id);
                    raise(tx, "stock");
                },
                {.hot_rows = {"stock"}});
            answered.push_back(id);
        } catch (const DatabaseError&) {  // 503: nobody promised anything
        } catch (const Unavailable&) {
        }
    }
}

TEST_F(Postgres, after_a_crash_every_answered_write_is_there_and_none_twice) {
    open({});
    add("stock");
    place.query("CREATE TABLE bought (id TEXT); ALTER TABLE bought OWNER TO contract");
    std::atomic<bool> stop = false;
    std::vector<std::vector<std::string>> answered(12);
    std::vector<std::future<void>> buyers;
    for (std::size_t i = 0; i < answered.size(); ++i)
        buyers.push_back(parallel.start(buy_until(*database, std::to_string(i), stop, answered[i])));
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
    std::set<std::string> once{found.begin(), found.end()};
    EXPECT_EQ(once.size(), found.size()) << "none twice";
    std::size_t promised = 0;
    for (const auto& ids : answered) {
        promised += ids.size();
        for (const auto& id : ids) EXPECT_TRUE(once.contains(id)) << id;
    }
    EXPECT_GT(promised, 100U);
    EXPECT_EQ(number("stock"), static_cast<std::int64_t>(found.size()));
}

TEST_F(Postgres, while_the_database_is_away_callers_wait_a_while_and_are_told) {
    open({.patience = 700ms});
    add("a");
    EXPECT_NO_THROW(loop.wait_for(database->check()));
    test_server().stop();
    auto start = std::chrono::steady_clock::now();
    EXPECT_THROW(start_raise("a").get(), DatabaseError);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    EXPECT_THROW(loop.wait_for(database->check()), DatabaseError);
    auto waits = start_raise("a");
    test_server().start();
    (void)waits.wait_for(10s);
    EXPECT_NO_THROW(start_raise("a").get());
    EXPECT_NO_THROW(loop.wait_for(database->check()));
}

// ---- limits

TEST_F(Postgres, its_connections_are_bounded) {
    open({.writers = 3, .readers = 2});
    std::vector<std::future<void>> all;
    for (int i = 0; i < 200; ++i) {
        all.push_back(parallel.start(database->write([](Tx& tx) { tx.execute("SELECT pg_sleep(0.001)"); })));
        all.push_back(parallel.start(database->read([](Tx& tx) { tx.execute("SELECT pg_sleep(0.001)"); })));
    }
    auto sessions =
        place.query("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stagedoor %'");
    for (auto& each : all) each.get();
    EXPECT_LE(std::stoi(sessions), 5);
}

TEST_F(Postgres, a_lock_is_not_waited_for_without_limit) {
    open({.lock_limit = 200ms});
    add("a");
    HeldRow held{*database, loop, "a"};
    EXPECT_THROW(start_raise("a", "the row by another name").get(), DatabaseError);
    held.let_go();
    EXPECT_NO_THROW(start_raise("a").get());
}

// A program that hangs in the middle of a transaction, or receives nothing any more, must not keep its rows from others.
TEST_F(Postgres, a_transaction_that_stands_still_loses_its_rows_and_is_run_again) {
    open({.idle_limit = 200ms});
    add("a");
    auto other = open_another({});
    HeldRow held{*database, loop, "a"};
    EXPECT_NO_THROW(loop.wait_for(other->write([](Tx& tx) { raise(tx, "a"); }, {.hot_rows = {"a"}})));
    held.let_go();  // throws if what it did was not run again
    EXPECT_NO_THROW(start_raise("a").get());
    other->close();
    EXPECT_EQ(number("a"), 2);
}

TEST_F(Postgres, a_statement_does_not_run_without_limit) {
    open({.statement_limit = 200ms});
    EXPECT_THROW(loop.wait_for(database->write([](Tx& tx) { tx.execute("SELECT pg_sleep(5)"); })),
                 DatabaseError);
    EXPECT_THROW(loop.wait_for(database->read([](Tx& tx) { tx.execute("SELECT pg_sleep(5)"); })),
                 DatabaseError);
}

// ---- starting

TEST_F(Postgres, several_copies_start_at_once) {
    std::vector<std::jthread> copies;
    for (int i = 0; i < 6; ++i) {
        copies.emplace_back([this] {
            auto copy = open_postgres(place.options(), clock);
            copy->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"},
                           {"test", 2, "INSERT INTO things(id, number) VALUES ('made', 1)"}});
            copy->close();
        });
    }
    copies.clear();
    open({});
    EXPECT_EQ(number("made"), 1);
}

std::string refusal(PostgresOptions options, runtime::Clock& clock) {
    try {
        (void)open_postgres(std::move(options), clock);
        return "it was opened";
    } catch (const DatabaseError& error) {
        return error.what();
    }
}

TEST_F(Postgres, what_keeps_it_from_opening_is_said_without_secrets) {
    auto port = std::to_string(test_server().port());
    auto told = [&](const std::string& url) {
        auto text = refusal({.url = url, .name = "test"}, clock);
        EXPECT_THAT(text, Not(HasSubstr("secret")));
        return text;
    };
    EXPECT_THAT(told("postgresql://contract:secret@127.0.0.1:" + port + "/contract"),
                HasSubstr("can't reach the database at 127.0.0.1:" + port +
                          "/contract: password authentication failed for user \"contract\""));
    test_server().query("CREATE DATABASE german LOCALE_PROVIDER icu ICU_LOCALE 'de' TEMPLATE template0");
    EXPECT_THAT(told(test_server().admin_url("german")), HasSubstr("sorts by ICU; make it with"));
    auto missing = test_server().admin_url("missing");
    EXPECT_THAT(told(missing), HasSubstr("database \"missing\" does not exist"));
    EXPECT_THAT(told("postgresql://contract:secret@127.0.0.1:1/contract"),
                HasSubstr("127.0.0.1:1/contract: Connection refused; is it running? check DATABASE_URL"));
    EXPECT_THAT(told("postgresql://contract:secret@[127.0.0.1/contract"),
                HasSubstr("DATABASE_URL can't be read"));
    EXPECT_THAT(told("postgresql://contract:it@secret@127.0.0.1:1/contract"), HasSubstr("write it as %40"));
}

}  // namespace
}  // namespace stagedoor::sql
