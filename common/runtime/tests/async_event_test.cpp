#include "common/runtime/async_event.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/tests/watched_clock.hpp"

namespace stagedoor::runtime {
namespace {

using namespace std::chrono_literals;
using testing::WatchedClock;

Task<int> count_notified_waits(AsyncEvent& event, int waits, Instant deadline) {
    int notified = 0;
    for (int i = 0; i < waits; ++i) notified += co_await event.wait_until(deadline);
    co_return notified;
}

TEST(AsyncEvent, a_notification_before_the_wait_ends_it_at_once) {
    ManualClock clock;
    EventLoopThread loop;
    AsyncEvent event{clock};
    event.notify();
    EXPECT_TRUE(loop.start(event.wait_for(1h)).get());
}

TEST(AsyncEvent, a_notification_during_the_wait_ends_it) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    auto notified = loop.start(event.wait_for(1h));
    clock.wait_for_alarms(1);
    event.notify();
    EXPECT_TRUE(notified.get());
}

TEST(AsyncEvent, a_hundred_notifications_end_one_wait) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    for (int i = 0; i < 100; ++i) event.notify();
    auto notified = loop.start(count_notified_waits(event, 2, Instant{10}));
    clock.wait_for_alarms(1);  // the second wait
    clock.advance(10ms);
    EXPECT_EQ(notified.get(), 1);
}

TEST(AsyncEvent, a_wait_returns_false_at_its_deadline) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    auto notified = loop.start(event.wait_until(Instant{100}));
    clock.wait_for_alarms(1);
    clock.advance(99ms);
    EXPECT_EQ(notified.wait_for(0s), std::future_status::timeout);
    clock.advance(1ms);
    EXPECT_FALSE(notified.get());
}

TEST(AsyncEvent, a_wait_with_a_past_deadline_returns_at_once) {
    ManualClock clock{Instant{100}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    EXPECT_FALSE(loop.start(event.wait_until(Instant{100})).get());
    EXPECT_FALSE(loop.start(event.wait_for(-1s)).get());
    event.notify();
    EXPECT_TRUE(
        loop.start(event.wait_until(Instant{0})).get());  // a notification counts even past the deadline
}

TEST(AsyncEvent, a_notification_after_the_deadline_is_kept_for_the_next_wait) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    auto first = loop.start(event.wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    clock.advance(10ms);
    EXPECT_FALSE(first.get());
    event.notify();
    EXPECT_TRUE(loop.start(event.wait_until(Instant{10})).get());
}

TEST(AsyncEvent, the_alarm_of_a_notified_wait_does_not_end_the_next_one) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    auto first = loop.start(event.wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    event.notify();
    EXPECT_TRUE(first.get());
    auto second = loop.start(event.wait_until(Instant{1'000}));
    clock.wait_for_alarms(2);
    clock.advance(500ms);
    EXPECT_EQ(second.wait_for(0s), std::future_status::timeout);
    clock.advance(500ms);
    EXPECT_FALSE(second.get());
}

// The alarm rings while notify() runs: whichever comes second, the notification must not be lost.
TEST(AsyncEvent, a_notification_that_races_with_the_deadline_is_never_lost) {
    ManualClock clock{Instant{0}};
    EventLoopThread loop;
    AsyncEvent event{clock};
    for (int i = 0; i < 3'000; ++i) {
        auto deadline = clock.now() + 1ms;
        auto notified = loop.start(event.wait_until(deadline));
        std::thread notifier{[&] { event.notify(); }};
        clock.advance(1ms);
        notifier.join();
        auto received = notified.get();
        if (!received) received = loop.start(event.wait_until(clock.now())).get();
        ASSERT_TRUE(received) << "the notification of round " << i << " was lost";
    }
}

// Every thread increments the counter, then notifies; if the last notification were lost, the reader would
// hang.
TEST(AsyncEvent, notifications_of_many_threads_are_not_lost) {
    constexpr int threads = 8, rounds = 2'000;
    ManualClock clock;
    EventLoopThread loop;
    AsyncEvent event{clock};
    std::atomic<int> counted = 0;
    auto reader = loop.start([](AsyncEvent& counter_changed, std::atomic<int>& number) -> Task<int> {
        int waits = 0;
        while (number < threads * rounds) {
            (void)co_await counter_changed.wait_for(24h);  // never times out: the clock stands still
            ++waits;
        }
        co_return waits;
    }(event, counted));
    {
        std::vector<std::jthread> notifiers;
        for (int i = 0; i < threads; ++i) {
            notifiers.emplace_back([&] {
                for (int round = 0; round < rounds; ++round) {
                    ++counted;
                    event.notify();
                }
            });
        }
    }
    ASSERT_EQ(reader.wait_for(30s), std::future_status::ready);
    EXPECT_LE(reader.get(), threads * rounds);
}

// A lost notification on either side would stop both.
TEST(AsyncEvent, two_loops_can_notify_each_other_in_turn) {
    constexpr int rounds = 5'000;
    ManualClock clock;
    EventLoopThread left, right;
    AsyncEvent to_left{clock}, to_right{clock};
    auto ping_pong = [](AsyncEvent& incoming, AsyncEvent& outgoing, bool starts) -> Task<int> {
        if (starts) outgoing.notify();
        int received = 0;
        while (received < rounds) {
            received += co_await incoming.wait_for(24h);
            outgoing.notify();
        }
        co_return received;
    };
    auto a = left.start(ping_pong(to_left, to_right, true));
    auto b = right.start(ping_pong(to_right, to_left, false));
    ASSERT_EQ(a.wait_for(30s), std::future_status::ready);
    ASSERT_EQ(b.wait_for(30s), std::future_status::ready);
    EXPECT_EQ(a.get() + b.get(), 2 * rounds);
}

TEST(AsyncEvent, can_be_destroyed_before_its_alarm_rings) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    auto event = std::make_unique<AsyncEvent>(clock);
    auto notified = loop.start(event->wait_until(Instant{10}));
    clock.wait_for_alarms(1);
    event->notify();
    EXPECT_TRUE(notified.get());
    event.reset();
    clock.advance(20ms);
}

TEST(SleepFor, ends_when_the_clock_has_advanced_by_the_duration) {
    WatchedClock clock{Instant{0}};
    EventLoopThread loop;
    auto slept = loop.start(sleep_for(clock, 50ms));
    clock.wait_for_alarms(1);
    clock.advance(49ms);
    EXPECT_EQ(slept.wait_for(0s), std::future_status::timeout);
    clock.advance(1ms);
    slept.get();
}

TEST(SleepFor, does_not_sleep_longer_when_the_system_time_is_set_back) {
    WatchedClock clock;
    EventLoopThread loop;
    auto slept = loop.start(sleep_for(clock, 50ms));
    clock.wait_for_alarms(1);
    clock.set_back(2min);
    clock.advance(50ms);
    EXPECT_EQ(slept.wait_for(5s), std::future_status::ready);
}

TEST(SpawnDeathTest, aborts_the_program_when_a_background_task_throws) {
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
