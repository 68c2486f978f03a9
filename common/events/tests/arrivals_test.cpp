#include "common/events/arrivals.hpp"

#include <gtest/gtest.h>

#include "common/runtime/error.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/tests/loop.hpp"
#include "common/runtime/tests/watched_clock.hpp"

namespace stagedoor::events {
namespace {

using namespace std::chrono_literals;

struct ArrivalsTest : ::testing::Test {
    // Waits for `id`; `known_` says whether it is known by now, `asked_` how often that was asked.
    std::future<bool> wait_for(std::string id) {
        return loop_.start(arrivals_.wait_until_known(std::move(id), [this]() -> Task<bool> {
            ++asked_;
            co_return known_.load();
        }));
    }

    runtime::testing::WatchedClock clock_;
    runtime::testing::Loop loop_;
    Arrivals arrivals_{clock_};
    std::atomic<bool> known_ = false;
    std::atomic<int> asked_ = 0;
};

TEST_F(ArrivalsTest, does_not_wait_for_what_is_known) {
    known_ = true;
    EXPECT_TRUE(wait_for("order").get());
    EXPECT_EQ(asked_, 1);
}

TEST_F(ArrivalsTest, waits_until_it_arrives) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    arrivals_.arrived("order");
    EXPECT_TRUE(found.get());
    EXPECT_EQ(asked_, 2);
}

TEST_F(ArrivalsTest, goes_on_waiting_when_what_arrived_was_not_enough) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    arrivals_.arrived("order");
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    known_ = true;
    arrivals_.arrived("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ArrivalsTest, is_not_woken_by_another_id) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    arrivals_.arrived("other");
    clock_.advance(99ms);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(asked_, 1);
    known_ = true;
    arrivals_.arrived("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ArrivalsTest, looks_again_by_itself_for_what_another_copy_was_brought) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(100ms);
    EXPECT_TRUE(found.get());
}

TEST_F(ArrivalsTest, gives_up_after_two_seconds_and_not_before) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    clock_.advance(1'999ms);
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    clock_.advance(1ms);
    EXPECT_FALSE(found.get());
}

TEST_F(ArrivalsTest, is_given_up_after_two_seconds_however_often_something_arrives) {
    auto found = wait_for("order");
    for (int i = 1; i <= 4; ++i) {
        clock_.wait_for_alarms(i);
        arrivals_.arrived("order");
        clock_.wait_for_alarms(i + 1);
        clock_.advance(500ms);
    }
    EXPECT_FALSE(found.get());
}

TEST_F(ArrivalsTest, asks_a_last_time_when_the_time_is_over) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(2s);
    EXPECT_TRUE(found.get());
}

TEST_F(ArrivalsTest, wakes_all_who_wait_for_the_same) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 5; ++i) all.push_back(wait_for("order"));
    clock_.wait_for_alarms(5);
    known_ = true;
    arrivals_.arrived("order");
    for (auto& each : all) EXPECT_TRUE(each.get());
}

TEST_F(ArrivalsTest, lets_a_thousand_wait_and_refuses_one_more) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 1000; ++i) all.push_back(wait_for("order " + std::to_string(i)));
    clock_.wait_for_alarms(1000);
    auto one_more = wait_for("order");
    try {
        one_more.get();
        FAIL() << "was let in";
    } catch (const ApiError& error) {
        EXPECT_EQ(error.status(), 503);
        EXPECT_TRUE(error.retry_after);
    }
    clock_.advance(2s);
    for (auto& each : all) EXPECT_FALSE(each.get());

    auto before = clock_.alarms();
    auto later = wait_for("order");  // there is room again
    clock_.wait_for_alarms(before + 1);
    clock_.advance(2s);
    EXPECT_FALSE(later.get());
}

TEST_F(ArrivalsTest, makes_room_when_asking_fails) {
    for (int i = 0; i < 1001; ++i) {
        auto failing = loop_.start(arrivals_.wait_until_known("order", []() -> Task<bool> {
            throw std::runtime_error("database gone");
            co_return false;
        }));
        EXPECT_THROW(failing.get(), std::runtime_error);
    }
}

TEST_F(ArrivalsTest, expects_ids_that_were_made_within_ten_seconds) {
    runtime::SeededRandom random{1};
    auto fresh = runtime::new_uuid(random, clock_.now());
    EXPECT_TRUE(arrivals_.may_arrive(fresh));
    EXPECT_TRUE(
        arrivals_.may_arrive(runtime::new_uuid(random, clock_.now() + 2s)));  // another machine's clock
    EXPECT_FALSE(arrivals_.may_arrive(runtime::new_uuid(random, clock_.now() + 1h)));
    EXPECT_FALSE(arrivals_.may_arrive("concert"));
    EXPECT_FALSE(arrivals_.may_arrive(""));
    clock_.advance(9'999ms);
    EXPECT_TRUE(arrivals_.may_arrive(fresh));
    clock_.advance(1ms);
    EXPECT_FALSE(arrivals_.may_arrive(fresh));
}

}  // namespace
}  // namespace stagedoor::events
