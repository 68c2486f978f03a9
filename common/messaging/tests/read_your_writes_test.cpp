#include "common/messaging/read_your_writes.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/tests/watched_clock.hpp"
#include "testing/hint_bus.hpp"

namespace stagedoor::messaging {
namespace {

using namespace std::chrono_literals;

struct ReadYourWritesTest : ::testing::Test {
    // Waits for `id`; `known_` is the result of each check, `checks_` counts them.
    std::future<bool> wait_for(std::string id, ReadYourWrites::Caller caller) {
        return loop_.start(
            read_your_writes_.wait_until_known(std::move(id), std::move(caller), [this]() -> Task<bool> {
                ++checks_;
                co_return known_.load();
            }));
    }
    // As somebody who waits for nothing else.
    std::future<bool> wait_for(std::string id) {
        auto number = std::to_string(++callers_);
        return wait_for(std::move(id), {"user " + number, "network " + number});
    }

    void apply(const std::string& id, const std::string& type = "order.created") {
        const bus::Event event{type, "orders", id, 1, clock_.now(), {}, {}};
        read_your_writes_.events_applied({&event, 1});
    }

    runtime::testing::WatchedClock clock_;
    runtime::EventLoopThread loop_;
    ReadYourWrites read_your_writes_{clock_};
    std::atomic<bool> known_ = false;
    std::atomic<int> checks_ = 0;
    int callers_ = 0;
};

// Otherwise one client could use up all slots with invented ids.
TEST_F(ReadYourWritesTest, limits_waits_for_unknown_ids_per_user_and_network) {
    auto is_rejected = [](std::future<bool> wait) {
        try {
            (void)wait.get();
            return false;
        } catch (const Unavailable& error) {
            EXPECT_TRUE(error.retry_after);
            return true;
        }
    };
    std::vector<std::future<bool>> waits;
    for (std::size_t i = 0; i < ReadYourWrites::max_waits_of_user; ++i)
        waits.push_back(wait_for("order " + std::to_string(i), {"ada", "192.0.2.1"}));
    EXPECT_TRUE(is_rejected(wait_for("order", {"ada", "192.0.2.2"})));
    for (auto i = waits.size(); i < ReadYourWrites::max_waits_of_network; ++i)
        waits.push_back(wait_for("order " + std::to_string(i), {"user " + std::to_string(i), "192.0.2.1"}));
    EXPECT_TRUE(is_rejected(wait_for("order", {"bob", "192.0.2.1"})));

    known_ = true;
    EXPECT_TRUE(wait_for("order", {"ada", "192.0.2.1"}).get()) << "known ids need no place";
    known_ = false;
    waits.push_back(wait_for("order", {"bob", "192.0.2.2"}));
    clock_.wait_for_alarms(static_cast<int>(waits.size()));
    clock_.advance(2s);
    for (auto& each : waits) EXPECT_FALSE(each.get());
    auto before = clock_.alarms();
    auto later = wait_for("order", {"ada", "192.0.2.1"});  // there is room again
    clock_.wait_for_alarms(before + 1);
    clock_.advance(2s);
    EXPECT_FALSE(later.get());
}

TEST_F(ReadYourWritesTest, no_such_limits_apply_with_the_rate_limits_off) {
    ReadYourWrites unlimited{clock_, false};
    std::vector<std::unique_ptr<ReadYourWrites::WaitSlot>> slots;
    for (std::size_t i = 0; i <= ReadYourWrites::max_waits_of_network; ++i)
        EXPECT_NO_THROW(slots.push_back(std::make_unique<ReadYourWrites::WaitSlot>(
            unlimited, ReadYourWrites::Caller{"ada", "192.0.2.1"})));
}

TEST_F(ReadYourWritesTest, does_not_wait_for_a_known_id) {
    known_ = true;
    EXPECT_TRUE(wait_for("order").get());
    EXPECT_EQ(checks_, 1);
}

TEST_F(ReadYourWritesTest, waits_until_the_event_is_applied) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    apply("order");
    EXPECT_TRUE(found.get());
    EXPECT_EQ(checks_, 2);
}

TEST_F(ReadYourWritesTest, keeps_waiting_while_the_id_is_still_unknown) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    apply("order");
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    known_ = true;
    apply("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, ignores_events_of_other_ids) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    apply("other");
    clock_.advance(99ms);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(checks_, 1);
    known_ = true;
    apply("order");
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, polls_for_events_applied_by_another_replica) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(100ms);
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, gives_up_after_two_seconds) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    clock_.advance(1'999ms);
    clock_.wait_for_alarms(2);
    EXPECT_EQ(found.wait_for(0s), std::future_status::timeout);
    clock_.advance(1ms);
    EXPECT_FALSE(found.get());
}

TEST_F(ReadYourWritesTest, gives_up_after_two_seconds_however_many_events_are_applied) {
    auto found = wait_for("order");
    for (int i = 1; i <= 4; ++i) {
        clock_.wait_for_alarms(i);
        apply("order");
        clock_.wait_for_alarms(i + 1);
        clock_.advance(500ms);
    }
    EXPECT_FALSE(found.get());
}

TEST_F(ReadYourWritesTest, checks_once_more_after_the_timeout) {
    auto found = wait_for("order");
    clock_.wait_for_alarms(1);
    known_ = true;
    clock_.advance(2s);
    EXPECT_TRUE(found.get());
}

TEST_F(ReadYourWritesTest, wakes_every_request_that_waits_for_the_same_id) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 5; ++i) all.push_back(wait_for("order"));
    clock_.wait_for_alarms(5);
    known_ = true;
    apply("order");
    for (auto& each : all) EXPECT_TRUE(each.get());
}

TEST_F(ReadYourWritesTest, rejects_a_request_when_too_many_are_waiting) {
    std::vector<std::future<bool>> all;
    constexpr int max = ReadYourWrites::max_watches;
    for (int i = 0; i < max; ++i) all.push_back(wait_for("order " + std::to_string(i)));
    clock_.wait_for_alarms(max);
    auto one_more = wait_for("order");
    try {
        one_more.get();
        FAIL() << "was not rejected";
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

TEST_F(ReadYourWritesTest, frees_the_slot_when_a_check_throws) {
    for (std::size_t i = 0; i <= ReadYourWrites::max_watches; ++i) {
        auto failing = loop_.start(read_your_writes_.wait_until_known("order", {}, []() -> Task<bool> {
            throw std::runtime_error("database gone");
            co_return false;
        }));
        EXPECT_THROW(failing.get(), std::runtime_error);
    }
}

TEST_F(ReadYourWritesTest, a_watch_sees_the_events_applied_while_it_lives) {
    apply("order", "order.created");
    ReadYourWrites::Watch watch{read_your_writes_, "order"};
    EXPECT_FALSE(loop_.wait_for(watch.wait_until({clock_, 0ms})));
    apply("order", "order.awaiting");
    apply("other", "order.completed");
    EXPECT_TRUE(loop_.wait_for(watch.wait_until({clock_, 0ms})));
    EXPECT_TRUE(watch.has_seen("order.awaiting"));
    EXPECT_FALSE(watch.has_seen("order.created"));
    EXPECT_FALSE(watch.has_seen("order.completed"));
}

TEST_F(ReadYourWritesTest, a_watch_sees_events_applied_by_another_replica) {
    testing::HintBus bus;
    ReadYourWrites other_replica{clock_}, other_service{clock_};
    read_your_writes_.share(bus, "payments");
    other_replica.share(bus, "payments");
    other_service.share(bus, "orders");
    ReadYourWrites::Watch here{read_your_writes_, "order"}, there{other_replica, "order"},
        elsewhere{other_service, "order"};
    apply("order", "order.completed");
    EXPECT_TRUE(here.has_seen("order.completed"));
    EXPECT_TRUE(there.has_seen("order.completed"));
    EXPECT_FALSE(elsewhere.has_seen("order.completed"));
    EXPECT_NO_THROW(bus.send_hint("payments.applied", "not a hint"));
}

TEST_F(ReadYourWritesTest, ids_created_within_ten_seconds_may_be_in_flight) {
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
