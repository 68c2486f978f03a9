#include "common/runtime/async_event.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/tests/watched_clock.hpp"

namespace stagedoor::runtime {
namespace {

using namespace std::chrono_literals;
using testing::EventLoopThread;
using testing::WatchedClock;

Task<int> count_told(AsyncEvent& signal, int waits, Instant deadline) {
    int told = 0;
    for (int i = 0; i < waits; ++i) told += co_await signal.wait_until(deadline);
    co_return told;
}

TEST(AsyncEvent, told_before_the_wait_ends_it_at_once) {
    ManualClock clock;
    EventLoopThread loop;
    AsyncEvent signal{clock};
    signal.notify();
    EXPECT_TRUE(loop.start(signal.wait_for(1h)).get());
}

TEST(AsyncEvent, told_during_the_wait_ends_it) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    auto told = loop.start(signal.wait_for(1h));
    clock.wait_for_alarms(1);
    signal.notify();
    EXPECT_TRUE(told.get());
}

TEST(AsyncEvent, told_a_hundred_times_is_up_once) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    for (int i = 0; i < 100; ++i) signal.notify();
    auto told = loop.start(count_told(signal, 2, Instant{10}));
    clock.wait_for_alarms(1);  // the second wait
    clock.advance(10ms);
    EXPECT_EQ(told.get(), 1);
}

TEST(AsyncEvent, ends_at_the_deadline_and_says_that_it_was_not_told) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    auto told = loop.start(signal.wait_until(Instant{100}));
    clock.wait_for_alarms(1);
    clock.advance(99ms);
    EXPECT_EQ(told.wait_for(0s), std::future_status::timeout);
    clock.advance(1ms);
    EXPECT_FALSE(told.get());
}

TEST(AsyncEvent, does_not_wait_for_a_deadline_that_has_passed) {
    ManualClock clock{Instant{100}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    EXPECT_FALSE(loop.start(signal.wait_until(Instant{100})).get());
    EXPECT_FALSE(loop.start(signal.wait_for(-1s)).get());
    signal.notify();
    EXPECT_TRUE(loop.start(signal.wait_until(Instant{0})).get());  // told counts, however late it is
}

TEST(AsyncEvent, keeps_what_it_was_told_after_the_deadline_for_the_next_wait) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    auto first = loop.start(signal.wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    clock.advance(10ms);
    EXPECT_FALSE(first.get());
    signal.notify();
    EXPECT_TRUE(loop.start(signal.wait_until(Instant{10})).get());
}

TEST(AsyncEvent, forgets_the_alarm_of_a_wait_that_was_told) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    auto first = loop.start(signal.wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    signal.notify();
    EXPECT_TRUE(first.get());
    auto second = loop.start(signal.wait_until(Instant{1'000}));
    clock.wait_for_alarms(2);
    clock.advance(500ms);
    EXPECT_EQ(second.wait_for(0s), std::future_status::timeout);
    clock.advance(500ms);
    EXPECT_FALSE(second.get());
}

// The alarm rings while notify() is on its way: whichever comes second must not be lost.
TEST(AsyncEvent, told_at_the_very_moment_of_its_deadline_is_never_lost) {
    ManualClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent signal{clock};
    for (int i = 0; i < 3'000; ++i) {
        auto deadline = clock.now() + 1ms;
        auto told = loop.start(signal.wait_until(deadline));
        std::thread teller{[&] { signal.notify(); }};
        clock.advance(1ms);
        teller.join();
        auto heard = told.get();
        if (!heard) heard = loop.start(signal.wait_until(clock.now())).get();
        ASSERT_TRUE(heard) << "the wake-up of round " << i << " was lost";
    }
}

// Every thread counts up, then tells; a reader that receives nothing for good would never see the last number.
TEST(AsyncEvent, told_by_many_threads_loses_no_wake_up) {
    constexpr int threads = 8, rounds = 2'000;
    ManualClock clock;
    EventLoopThread loop;
    AsyncEvent signal{clock};
    std::atomic<int> counted = 0;
    auto reader = loop.start([](AsyncEvent& told, std::atomic<int>& number) -> Task<int> {
        int waits = 0;
        while (number < threads * rounds) {
            (void)co_await told.wait_for(24h);  // which the clock never reaches
            ++waits;
        }
        co_return waits;
    }(signal, counted));
    {
        std::vector<std::jthread> tellers;
        for (int i = 0; i < threads; ++i) {
            tellers.emplace_back([&] {
                for (int round = 0; round < rounds; ++round) {
                    ++counted;
                    signal.notify();
                }
            });
        }
    }
    ASSERT_EQ(reader.wait_for(30s), std::future_status::ready);
    EXPECT_LE(reader.get(), threads * rounds);
}

// One tells, the other answers, each time: a lost wake-up on either side stops them both.
TEST(AsyncEvent, carries_a_conversation_between_two_loops) {
    constexpr int rounds = 5'000;
    ManualClock clock;
    EventLoopThread left, right;
    AsyncEvent to_left{clock}, to_right{clock};
    auto talk = [](AsyncEvent& hear, AsyncEvent& tell, bool begins) -> Task<int> {
        if (begins) tell.notify();
        int heard = 0;
        while (heard < rounds) {
            heard += co_await hear.wait_for(24h);
            tell.notify();
        }
        co_return heard;
    };
    auto a = left.start(talk(to_left, to_right, true));
    auto b = right.start(talk(to_right, to_left, false));
    ASSERT_EQ(a.wait_for(30s), std::future_status::ready);
    ASSERT_EQ(b.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(a.get() + b.get(), 2 * rounds);
}

TEST(AsyncEvent, may_be_gone_when_its_alarm_rings) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    auto signal = std::make_unique<AsyncEvent>(clock);
    auto told = loop.start(signal->wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    signal->notify();
    EXPECT_TRUE(told.get());
    signal.reset();
    clock.advance(20ms);
}

TEST(SleepFor, ends_when_the_clock_has_gone_on_so_far) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    auto slept = loop.start(sleep_for(clock, 50ms));
    clock.wait_for_alarms(1);
    clock.advance(49ms);
    EXPECT_EQ(slept.wait_for(0s), std::future_status::timeout);
    clock.advance(1ms);
    slept.get();
}

TEST(SleepFor, keeps_its_length_when_the_time_is_set_back) {
    WatchedClock clock;
    EventLoopThread loop;
    auto slept = loop.start(sleep_for(clock, 50ms));
    clock.wait_for_alarms(1);
    clock.set_back(2min);
    clock.advance(50ms);
    EXPECT_EQ(slept.wait_for(5s), std::future_status::ready);
}

TEST(SpawnDeathTest, ends_the_program_when_a_background_task_breaks_off) {
    ::testing::FLAGS_gtest_death_test_style = "threadsafe";
    EXPECT_DEATH(
        {
            EventLoopThread loop;
            spawn(loop.executor(), "doomed", []() -> Task<> {
                throw std::runtime_error("broken promise");
                co_return;
            });
            std::promise<void> never;
            never.get_future().wait();
        },
        "");
}

}  // namespace
}  // namespace stagedoor::runtime
