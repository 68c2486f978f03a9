// The races behind our SQL rules: each test shows what goes wrong without the rule and that the rule prevents
// it.
#include <latch>

#include "testing/databases/postgres_fixture.hpp"

namespace stagedoor::sql {
namespace {

using namespace std::chrono_literals;

class PostgresRaces : public Postgres {
  protected:
    // Waits until both transactions have started; a repeated run doesn't wait.
    static void meet(std::latch& both, std::atomic<int>& runs) {
        if (++runs <= 2) both.arrive_and_wait();
    }
};

TEST_F(PostgresRaces, check_then_update_oversells_but_a_guarded_update_does_not) {
    open({});
    add("read first");
    add("guarded");
    constexpr std::int64_t capacity = 1;
    auto race = [&](auto hold) {
        std::latch both{2};
        std::vector<std::future<bool>> buyers;
        for (int i = 0; i < 2; ++i)
            buyers.push_back(loop.start(database->write([&](Tx& tx) { return hold(tx, both); })));
        auto won = 0;
        for (auto& each : buyers) won += each.get() ? 1 : 0;
        return won;
    };
    auto reads_first = [](Tx& tx, std::latch& both) {
        auto held = tx.find<std::int64_t>("SELECT number FROM things WHERE id = 'read first'").value();
        both.arrive_and_wait();
        if (held >= capacity) return false;
        return tx.execute("UPDATE things SET number = number + 1 WHERE id = 'read first'").rows == 1;
    };
    auto guarded = [capacity](Tx& tx, std::latch& both) {
        both.arrive_and_wait();
        return tx.execute("UPDATE things SET number = number + 1 WHERE id = 'guarded' AND number < $1",
                          capacity)
                   .rows == 1;
    };
    EXPECT_EQ(race(reads_first), 2) << "oversold: the race is real";
    EXPECT_EQ(number("read first"), 2);
    EXPECT_EQ(race(guarded), 1);
    EXPECT_EQ(number("guarded"), 1);
}

TEST_F(PostgresRaces, locking_in_opposite_order_deadlocks_and_both_transactions_succeed_in_the_end) {
    open({});
    add("a");
    add("b");
    std::latch both{2};
    std::atomic<int> runs = 0;
    auto crossing = [&](const char* first, const char* second) {
        return loop.start(database->write([&, first, second](Tx& tx) {
            increment(tx, first);
            meet(both, runs);
            increment(tx, second);
        }));
    };
    auto one = crossing("a", "b");
    auto two = crossing("b", "a");
    EXPECT_NO_THROW(one.get());
    EXPECT_NO_THROW(two.get());
    EXPECT_EQ(runs, 3) << "the deadlock's victim ran again";
    EXPECT_EQ(number("a"), 2);
    EXPECT_EQ(number("b"), 2);
}

TEST_F(PostgresRaces, groups_that_name_their_hot_rows_never_deadlock) {
    open({});
    auto second = open_another({});  // another program's
    add("a");
    add("b");
    std::atomic<int> runs = 0;
    std::vector<std::future<void>> all;
    for (int i = 0; i < 400; ++i) {
        auto& one = i % 2 ? *database : *second;
        std::vector<std::string> rows{i % 2 ? "a" : "b", i % 2 ? "b" : "a"};
        all.push_back(parallel.start(one.write(
            [&runs, rows](Tx& tx) {
                ++runs;
                for (const auto& row : rows) increment(tx, row);
            },
            {.hot_rows = rows})));
    }
    for (auto& each : all) EXPECT_NO_THROW(each.get());
    second->close();
    EXPECT_EQ(runs, 400) << "a transaction ran again after a deadlock";
    EXPECT_EQ(number("a"), 400);
    EXPECT_EQ(number("b"), 400);
}

// Why a relay selects unpublished rows instead of keeping a cursor.
TEST_F(PostgresRaces, a_cursor_over_a_sequence_skips_rows_that_commit_late) {
    open({});
    loop.wait_for(database->write([](Tx& tx) {
        tx.execute(
            "CREATE TABLE events (position BIGSERIAL PRIMARY KEY, text TEXT, published BIGINT DEFAULT 0)");
    }));
    std::latch numbered{1}, released{1};
    auto late = loop.start(database->write([&](Tx& tx) {
        tx.execute("INSERT INTO events(text) VALUES ('late')");
        numbered.count_down();
        released.wait();
    }));
    numbered.wait();
    loop.wait_for(database->write([](Tx& tx) { tx.execute("INSERT INTO events(text) VALUES ('soon')"); }));
    auto read_after = [&](std::int64_t position) {
        return loop.wait_for(database->read([&](Tx& tx) {
            return tx.query<std::int64_t>("SELECT position FROM events WHERE position > $1 ORDER BY position",
                                          position);
        }));
    };
    auto take_unpublished = [&] {
        return loop.wait_for(database->write([](Tx& tx) {
            return tx.query<std::string>(
                "UPDATE events SET published = 1 WHERE published = 0 RETURNING text");
        }));
    };
    auto cursor = read_after(0).back();
    EXPECT_EQ(take_unpublished(), std::vector<std::string>{"soon"});
    released.count_down();
    late.get();
    EXPECT_TRUE(read_after(cursor).empty()) << "the cursor has passed the row: it would never be published";
    EXPECT_EQ(take_unpublished(), std::vector<std::string>{"late"});
}

}  // namespace
}  // namespace stagedoor::sql
