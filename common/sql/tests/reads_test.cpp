// How long reads may take, and that slow ones don't delay the others.
#include "common/sql/read_limit.hpp"
#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

using namespace std::chrono_literals;

// Ends only when it is stopped.
std::int64_t count_for_ever(Tx& tx) {
    return tx
        .find<std::int64_t>(R"(
            WITH RECURSIVE numbers(i) AS (
                SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < 1000000000000)
            SELECT count(*) FROM numbers)")
        .value();
}

bool is_ready(const auto& result) { return result.wait_for(0s) == std::future_status::ready; }

struct Reads : DatabaseTest {
    Reads() { reopen({.metrics = &metrics}); }
    ~Reads() override { database->close(); }  // it uses the metrics

    // Returns the error of a read that must not succeed.
    template <class F>
    Unavailable rejection_of(F fn, ReadOptions options = {}) {
        auto result = loop.start(database->read(std::move(fn), options));
        wait_for(result, 10ms);
        try {
            (void)result.get();
        } catch (const Unavailable& error) {
            return error;
        }
        ADD_FAILURE() << "the read succeeded";
        return Unavailable{"none"_text};
    }
    // On SQLite reads are stopped by the test's clock, on PostgreSQL by the server's: both go on.
    void wait_for(const auto& result, std::chrono::milliseconds step) {
        while (result.wait_for(1ms) != std::future_status::ready) clock.advance(step);
    }
    bool counted(int timeouts) {
        return metrics.to_text().contains(R"(stagedoor_sql_reads_timed_out_total{database="test"} )" +
                                          std::to_string(timeouts) + "\n");
    }

    runtime::Metrics metrics;
};

TEST_P(Reads, an_endless_statement_is_stopped_and_counted) {
    EXPECT_TRUE(counted(0));
    auto error = rejection_of(count_for_ever, {.timeout = 100ms});
    EXPECT_TRUE(error.retry_after);
    EXPECT_TRUE(counted(1));
    EXPECT_EQ(count(), 0) << "the reader goes on";
}

TEST_P(Reads, many_statements_share_one_timeout) {
    int runs = 0;
    auto slow = [&](Tx& tx) {
        ++runs;
        for (int i = 0; i < 100; ++i) {
            (void)tx.find<std::int64_t>("SELECT count(*) FROM things");
            clock.advance(100ms);
        }
        return 0;
    };
    (void)rejection_of(slow);
    EXPECT_EQ(runs, 2) << "once in the quick lane, once in the slow one";
}

TEST_P(Reads, slower_than_quick_but_within_the_timeout_succeed) {
    int runs = 0;
    auto result = read([&](Tx& tx) {
        ++runs;
        clock.advance(60ms);
        return tx.find<std::int64_t>("SELECT count(*) FROM things").value();
    });
    EXPECT_EQ(result, 0);
    EXPECT_EQ(runs, 2);
    EXPECT_TRUE(counted(0));
}

TEST_P(Reads, a_read_that_ignores_the_timeout_fails_nevertheless) {
    auto careless = [](Tx& tx) {
        try {
            return count_for_ever(tx);
        } catch (const std::exception&) {
            return std::int64_t{-1};
        }
    };
    (void)rejection_of(careless, {.timeout = 100ms});
}

TEST_P(Reads, slow_ones_do_not_delay_quick_ones) {
    constexpr int many = 40;
    std::vector<std::future<std::int64_t>> slow;
    for (int i = 0; i < many; ++i)
        slow.push_back(parallel.start(database->read(count_for_ever, {.timeout = 500ms})));
    auto quick = loop.start(database->read([](Tx& tx) { return tx.find<std::int64_t>("SELECT 7").value(); }));
    wait_for(quick, 1ms);
    EXPECT_EQ(quick.get(), 7);
    EXPECT_LT(std::ranges::count_if(slow, [](const auto& each) { return is_ready(each); }), many / 2);
    for (auto& each : slow) {
        wait_for(each, 10ms);
        EXPECT_THROW((void)each.get(), Unavailable);
    }
    EXPECT_TRUE(counted(many));
    EXPECT_EQ(count(), 0);
}

TEST_P(Reads, more_slow_ones_than_can_wait_are_rejected_at_once) {
    constexpr int many = 200;
    std::vector<std::future<std::int64_t>> slow;
    for (int i = 0; i < many; ++i)
        slow.push_back(parallel.start(database->read(count_for_ever, {.timeout = 300ms})));
    for (auto& each : slow) {
        wait_for(each, 1ms);
        EXPECT_THROW((void)each.get(), Unavailable);
    }
    EXPECT_TRUE(counted(many));
}

INSTANTIATE_TEST_SUITE_P(Every, Reads, ::testing::ValuesIn(drivers()), driver_name);

TEST(SlowStatement, is_remembered_for_ten_seconds) {
    SlowStatements slow;
    slow.add("SELECT 1", 0s);
    EXPECT_TRUE(slow.contains("SELECT 1", 9s));
    EXPECT_FALSE(slow.contains("SELECT 2", 9s));
    EXPECT_FALSE(slow.contains("SELECT 1", 10s));
}

TEST(SlowStatement, sends_its_read_to_the_slow_lane_at_once) {
    runtime::ManualClock clock;
    ReadClock now = [&] { return clock.monotonic(); };
    SlowStatements slow;
    ReadLimit first{slow, now, ReadLane::quick, 50ms};
    first.start_statement("SELECT 1");
    clock.advance(1ms);
    first.start_statement("SELECT 2");
    clock.advance(49ms);
    EXPECT_THROW(first.start_statement("SELECT 3"), ReadTooSlow);
    EXPECT_EQ(first.slowest_statement(), "SELECT 2");

    ReadLimit second{slow, now, ReadLane::quick, 50ms};
    EXPECT_NO_THROW(second.start_statement("SELECT 1"));
    EXPECT_THROW(second.start_statement("SELECT 2"), ReadTooSlow);
    EXPECT_TRUE(second.was_exceeded());
    ReadLimit third{slow, now, ReadLane::slow, 3s};
    EXPECT_NO_THROW(third.start_statement("SELECT 2"));
}

}  // namespace
}  // namespace stagedoor::sql
