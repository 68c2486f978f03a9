#include "common/runtime/clock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "common/runtime/tests/watched_clock.hpp"

namespace stagedoor::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Timeout, uses_the_monotonic_clock) {
    testing::WatchedClock clock;
    Timeout timeout{clock, 50ms};
    clock.set_back(2min);
    clock.advance(49ms);
    EXPECT_FALSE(timeout.is_over());
    clock.advance(1ms);
    EXPECT_TRUE(timeout.is_over());
}

TEST(ManualClock, stands_still_until_advanced) {
    ManualClock clock{Instant{1'000}};
    EXPECT_EQ(clock.now(), Instant{1'000});
    auto start = clock.monotonic();
    clock.advance(250ms);
    EXPECT_EQ(clock.now(), Instant{1'250});
    EXPECT_EQ(clock.monotonic() - start, 250ms);
}

TEST(ManualClock, rings_alarms_in_order_of_time_then_of_setting) {
    ManualClock clock{Instant{0}};
    std::string rung;
    auto third = clock.at(Instant{30}, [&] { rung += "3"; });
    auto first = clock.at(Instant{10}, [&] { rung += "1"; });
    auto second = clock.at(Instant{20}, [&] { rung += "2"; });
    auto also_second = clock.at(Instant{20}, [&] { rung += "b"; });
    clock.advance(100ms);
    EXPECT_EQ(rung, "12b3");
    clock.advance(100ms);
    EXPECT_EQ(rung, "12b3");  // once each
}

TEST(ManualClock, shows_the_alarms_time_while_it_rings) {
    ManualClock clock{Instant{0}};
    std::vector<std::int64_t> rung_at;
    auto note = [&] { rung_at.push_back(clock.now().milliseconds); };
    auto a = clock.at(Instant{10}, note), b = clock.at(Instant{70}, note);
    clock.advance(9ms);
    EXPECT_TRUE(rung_at.empty());
    clock.advance(1ms);
    EXPECT_EQ(rung_at, (std::vector<std::int64_t>{10}));
    clock.advance(1s);
    EXPECT_EQ(rung_at, (std::vector<std::int64_t>{10, 70}));
    EXPECT_EQ(clock.now(), Instant{1'010});
}

TEST(ManualClock, rings_an_alarm_that_is_already_due_at_once) {
    ManualClock clock{Instant{100}};
    int rung = 0;
    auto past = clock.at(Instant{99}, [&] { ++rung; });
    auto present = clock.at(Instant{100}, [&] { ++rung; });
    EXPECT_EQ(rung, 2);
}

TEST(ManualClock, does_not_ring_a_cancelled_alarm) {
    ManualClock clock{Instant{0}};
    int rung = 0;
    auto cancelled = clock.at(Instant{10}, [&] { ++rung; });
    auto kept = clock.at(Instant{10}, [&] { rung += 10; });
    cancelled.reset();
    clock.advance(20ms);
    EXPECT_EQ(rung, 10);
}

TEST(ManualClock, lets_an_alarm_set_and_cancel_others) {
    ManualClock clock{Instant{0}};
    std::string rung;
    Clock::Alarm later, never;
    never = clock.at(Instant{20}, [&] { rung += "never"; });
    auto first = clock.at(Instant{10}, [&] {
        rung += "1";
        never.reset();
        later = clock.at(clock.now() + 5ms, [&] { rung += "2"; });
    });
    clock.advance(100ms);
    EXPECT_EQ(rung, "12");
}

RC_GTEST_PROP(ManualClock, rings_all_alarms_that_are_not_cancelled_in_order, ()) {
    auto times = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 1'000));
    auto cancelled = *rc::gen::container<std::vector<bool>>(times.size(), rc::gen::arbitrary<bool>());
    ManualClock clock{Instant{0}};
    std::vector<std::int64_t> rung, expected;
    std::vector<Clock::Alarm> alarms;
    for (std::size_t i = 0; i < times.size(); ++i) {
        alarms.push_back(clock.at(Instant{times[i]}, [&rung, &clock, when = times[i]] {
            RC_ASSERT(clock.now() == Instant{when});
            rung.push_back(when);
        }));
    }
    for (std::size_t i = 0; i < times.size(); ++i) {
        if (cancelled[i])
            alarms[i].reset();
        else
            expected.push_back(times[i]);
    }
    while (clock.now() < Instant{1'000}) clock.advance(std::chrono::milliseconds{*rc::gen::inRange(1, 400)});
    std::ranges::sort(expected);
    RC_ASSERT(rung == expected);
}

TEST(SystemClock, rings_neither_early_nor_after_cancellation) {
    boost::asio::io_context context;
    auto clock = make_system_clock(context.get_executor());
    auto due = clock->now() + 20ms;
    std::optional<Instant> rung_at;
    bool cancelled_rang = false;
    auto cancelled = clock->at(due, [&] { cancelled_rang = true; });
    auto kept = clock->at(due, [&] { rung_at = clock->now(); });
    cancelled.reset();
    context.run();
    ASSERT_TRUE(rung_at);
    EXPECT_GE(*rung_at, due);
    EXPECT_FALSE(cancelled_rang);
}

TEST(SystemClock, returns_the_system_time) {
    boost::asio::io_context context;
    auto clock = make_system_clock(context.get_executor());
    EXPECT_GT(clock->now(), Instant{1'767'225'600'000});  // 2026
    auto before = clock->monotonic();
    EXPECT_GE(clock->monotonic(), before);
}

}  // namespace
}  // namespace stagedoor::runtime
