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
    [[nodiscard]] std::size_t told() { return expiration.published<contracts::ExpirationComplete>().size(); }
    [[nodiscard]] std::int64_t waiting() { return expiration.number("SELECT count(*) FROM timers"); }
};

TEST_F(Timers, tell_when_the_time_is_over_and_not_before) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})});
    expiration.clock.advance(std::chrono::minutes{15} - std::chrono::milliseconds{1});
    expiration.receives(contracts::OrderCreated{order("second", std::chrono::minutes{15})});
    EXPECT_EQ(told(), 0u);
    expiration.clock.advance(std::chrono::milliseconds{1});
    eventually([&] { return told() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].order_id.text, "first");
    EXPECT_EQ(waiting(), 1);
}

TEST_F(Timers, an_earlier_one_wakes_the_loop) {
    expiration.receives(contracts::OrderCreated{order("long", std::chrono::hours{5})});
    expiration.receives(contracts::OrderCreated{order("short", std::chrono::milliseconds{5})});
    expiration.clock.advance(std::chrono::milliseconds{5});
    eventually([&] { return told() == 1; });
}

TEST_F(Timers, are_dropped_when_the_order_is_cancelled) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderCancelled{order("first", std::chrono::minutes{15}, 2)});
    EXPECT_EQ(waiting(), 0);
    expiration.clock.advance(std::chrono::minutes{16});
    expiration.receives(contracts::OrderCreated{order("second", std::chrono::milliseconds{0})});
    eventually([&] { return told() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].order_id.text, "second");
}

TEST_F(Timers, are_set_anew_while_a_charge_is_under_way_and_when_it_came_to_nothing) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderAwaiting{order("first", std::chrono::minutes{16}, 2)});
    expiration.clock.advance(std::chrono::minutes{15});
    EXPECT_EQ(told(), 0u);
    expiration.receives(contracts::OrderReopened{order("first", std::chrono::minutes{0}, 3)});
    eventually([&] { return told() == 1; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[0].expires_at, expiration.clock.now());
}

TEST_F(Timers, that_fire_again_count_up_the_versions) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})});
    expiration.clock.advance(std::chrono::minutes{15});
    eventually([&] { return told() == 1; });
    expiration.receives(contracts::OrderAwaiting{order("first", std::chrono::minutes{1}, 2)});
    expiration.clock.advance(std::chrono::minutes{1});
    eventually([&] { return told() == 2; });
    EXPECT_EQ(expiration.published<contracts::ExpirationComplete>()[1].version, 2);
}

TEST_F(Timers, are_dropped_when_the_order_is_paid) {
    expiration.receives(contracts::OrderCreated{order("first", std::chrono::minutes{15})},
                        contracts::OrderAwaiting{order("first", std::chrono::minutes{15}, 2)},
                        contracts::OrderCompleted{order("first", std::chrono::minutes{15}, 3)});
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(expiration.number("SELECT count(*) FROM fired"), 0);
}

TEST_F(Timers, many_at_once_are_all_told_once) {
    std::vector<messaging::Event> all;
    for (int i = 0; i < 1200; ++i) {
        contracts::OrderCreated event{order("order" + std::to_string(i), std::chrono::minutes{1})};
        all.push_back({std::string{event.subject},
                       "orders",
                       event.entity_id(),
                       1,
                       expiration.clock.now(),
                       {},
                       json::to_json(event)});
    }
    expiration.receives_all(all);
    expiration.clock.advance(std::chrono::minutes{1});
    eventually([&] { return waiting() == 0; });
    EXPECT_EQ(told(), 1200u);
}

}  // namespace stagedoor::expiration
