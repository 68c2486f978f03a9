#include "contracts/events/expiration.hpp"
#include "contracts/events/orders.hpp"
#include "services/expiration/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::expiration {

using stagedoor::testing::eventually;
using stagedoor::testing::ServiceTest;

struct Timers : ::testing::Test {
    ServiceTest expiration{make_service};

    contracts::OrderState order(const std::string& id, std::chrono::milliseconds from_now,
                                std::int64_t version = 1) {
        return {.id = OrderId{id},
                .user_id = UserId{"buyer"},
                .expires_at = expiration.clock.now() + from_now,
                .version = version};
    }
    [[nodiscard]] std::size_t expirations() {
        return expiration.published<contracts::ExpirationComplete>().size();
    }
    [[nodiscard]] std::int64_t pending_timers() { return expiration.number("SELECT count(*) FROM timers"); }
};

TEST_F(Timers, publish_expiration_complete_when_due_and_not_before) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})});
    expiration.clock.advance(std::chrono::minutes{15} - std::chrono::milliseconds{1});
    expiration.receives(contracts::OrderCreated{order("second", std::chrono::minutes{15})});
    EXPECT_EQ(expirations(), 0u);
    expiration.clock.advance(std::chrono::milliseconds{1});
    eventually([&] { return expirations() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].order_id.text, "first");
    EXPECT_EQ(pending_timers(), 1);
}

TEST_F(Timers, wake_the_worker_for_an_earlier_one) {
    expiration.receives(contracts::OrderCreated{order("long", std::chrono::hours{5})});
    expiration.receives(contracts::OrderCreated{order("short", std::chrono::milliseconds{5})});
    expiration.clock.advance(std::chrono::milliseconds{5});
    eventually([&] { return expirations() == 1; });
}

TEST_F(Timers, are_dropped_when_the_order_is_cancelled) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderCancelled{order("first", std::chrono::minutes{15}, 2)});
    EXPECT_EQ(pending_timers(), 0);
    expiration.clock.advance(std::chrono::minutes{16});
    expiration.receives(contracts::OrderCreated{order("second", std::chrono::milliseconds{0})});
    eventually([&] { return expirations() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].order_id.text, "second");
}

TEST_F(Timers, follow_a_charge_and_its_failure) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderAwaiting{order("first", std::chrono::minutes{16}, 2)});
    expiration.clock.advance(std::chrono::minutes{15});
    EXPECT_EQ(expirations(), 0u);
    expiration.receives(contracts::OrderReopened{order("first", std::chrono::minutes{0}, 3)});
    eventually([&] { return expirations() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].expires_at, expiration.clock.now());
}

TEST_F(Timers, increment_the_version_each_time_they_fire) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})});
    expiration.clock.advance(std::chrono::minutes{15});
    eventually([&] { return expirations() == 1; });
    expiration.receives(contracts::OrderAwaiting{order("first", std::chrono::minutes{1}, 2)});
    expiration.clock.advance(std::chrono::minutes{1});
    eventually([&] { return expirations() == 2; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[1].version, 2);
}

TEST_F(Timers, are_dropped_when_the_order_is_paid) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderAwaiting{order("first", std::chrono::minutes{15}, 2)},
                        contracts::OrderCompleted{order("first", std::chrono::minutes{15}, 3)});
    EXPECT_EQ(pending_timers(), 0);
    EXPECT_EQ(expiration.number("SELECT count(*) FROM fired"), 0);
}

TEST_F(Timers, fire_once_each_when_many_are_due_together) {
    std::vector<bus::Event> events;
    for (int i = 0; i < 1200; ++i) {
        contracts::OrderCreated event{order("order" + std::to_string(i), std::chrono::minutes{1})};
        events.push_back({std::string{event.subject},
                          "orders",
                          event.entity_id(),
                          1,
                          expiration.clock.now(),
                          {},
                          json::to_json(event)});
    }
    expiration.receives_all(events);
    expiration.clock.advance(std::chrono::minutes{1});
    eventually([&] { return pending_timers() == 0; });
    EXPECT_EQ(expirations(), 1200u);
}

}  // namespace stagedoor::expiration
