#include "common/messaging/read_your_writes.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/tests/watched_clock.hpp"

namespace stagedoor::messaging {
namespace {

using namespace std::chrono_literals;

struct ReadYourWritesTest : ::testing::Test {
    // Waits for `id`; `known_` says whether it is known by now, `asked_` how often that was asked.
    std::future<bool> wait_for(std::string id) {
        return loop_.start(read_your_writes_.wait_until_known(std::move(id), [this]() -> Task<bool> {
            ++asked_;
            co_return known_.load();
        }));
    }

    runtime::testing::WatchedClock clock_;
    runtime::testing::Loop loop_;
    ReadYourWrites read_your_writes_{clock_};
    std::atomic<bool> known_ = false;
    std::atomic<int> asked_ = 0;
};

TEST_F(ReadYourWritesTest, does_not_wait_for_what_is_known) {
    known_ = true;
    EXPECT_TRUE(wait_for("order").get());
    EXPECT_EQ(asked_, 1);
}

TEST_F(ReadYourWritesTest, waits_until_it_arrives) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    read_your_writes_.arrived("order");
    EXPECT_TRUE(found.get());
    EXPECT_EQ(asked_, 2);
}

TEST_F(ReadYourWritesTest, goes_on_waiting_when_what_arrived_was_not_enough) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    read_your_writes_.arrived("order");
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    known_ = true;
    read_your_writes_.arrived("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, is_not_woken_by_another_id) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    read_your_writes_.arrived("other");
    clock_.advance(99ms);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(asked_, 1);
    known_ = true;
    read_your_writes_.arrived("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, looks_again_by_itself_for_what_another_copy_was_brought) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(100ms);
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, gives_up_after_two_seconds_and_not_before) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    clock_.advance(1'999ms);
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    clock_.advance(1ms);
    EXPECT_FALSE(found.get());
}

TEST_F(ReadYourWritesTest, is_given_up_after_two_seconds_however_often_something_arrives) {
    auto found = wait_for("order");
    for (int i = 1; i <= 4; ++i) {
        clock_.wait_for_alarms(i);
        read_your_writes_.arrived("order");
        clock_.wait_for_alarms(i + 1);
        clock_.advance(500ms);
    }
    EXPECT_FALSE(found.get());
}

TEST_F(ReadYourWritesTest, asks_a_last_time_when_the_time_is_over) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(2s);
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, wakes_all_who_wait_for_the_same) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 5; ++i) all.push_back(wait_for("order"));
    clock_.wait_for_alarms(5);
    known_ = true;
    read_your_writes_.arrived("order");
    for (auto& each : all) EXPECT_TRUE(each.get());
}

TEST_F(ReadYourWritesTest, lets_a_thousand_wait_and_refuses_one_more) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 1000; ++i) all.push_back(wait_for("order " + std::to_string(i)));
    clock_.wait_for_alarms(1000);
    auto one_more = wait_for("order");
    try {
        one_more.get();
        FAIL() << "was let in";
    } catch (const ApiError& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unavailable);
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

TEST_F(ReadYourWritesTest, makes_room_when_asking_fails) {
    for (int i = 0; i < 1001; ++i) {
        auto failing = loop_.start(read_your_writes_.wait_until_known("order", []() -> Task<bool> {
            throw std::runtime_error("database gone");
            co_return false;
        }));
        EXPECT_THROW(failing.get(), std::runtime_error);
    }
}

TEST_F(ReadYourWritesTest, expects_ids_that_were_made_within_ten_seconds) {
    runtime::SeededRandom random{1};
    auto fresh = runtime::new_uuid(random, clock_.now());
    EXPECT_TRUE(read_your_writes_.may_be_in_flight(fresh));
    EXPECT_TRUE(read_your_writes_.may_be_in_flight(
        runtime::new_uuid(random, clock_.now() + 2s)));  // another machine's clock
    EXPECT_FALSE(read_your_writes_.may_be_in_flight(runtime::new_uuid(random, clock_.now() + 1h)));
    EXPECT_FALSE(read_your_writes_.may_be_in_flight("concert"));
    EXPECT_FALSE(read_your_writes_.may_be_in_flight(""));
    clock_.advance(9'999ms);
    EXPECT_TRUE(read_your_writes_.may_be_in_flight(fresh));
    clock_.advance(1ms);
    EXPECT_FALSE(read_your_writes_.may_be_in_flight(fresh));
}

}  // namespace
}  // namespace stagedoor::messaging
