#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct Handlers : Test {
    [[nodiscard]] std::vector<std::int64_t> capacities() {
        std::vector<std::int64_t> all;
        for (const auto& event : orders.published<contracts::StockSet>()) all.push_back(event.capacity);
        return all;
    }
};

TEST_F(Handlers, ticket_updated_sets_the_stock) {
    orders.receives(ticket_created("concert", {.quantity = 10}),
                    ticket_updated("concert", 2, {.quantity = 25}));
    EXPECT_EQ(available("concert"), 25);
    EXPECT_EQ(capacities(), (std::vector<std::int64_t>{10, 25}));
    EXPECT_EQ(orders.published<contracts::StockSet>().back().version, 2);
}

TEST_F(Handlers, ticket_updated_never_takes_held_tickets) {
    orders.receives(ticket_created("concert", {.quantity = 10}));
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert","quantity":6})").expect(201);
    orders.receives(ticket_updated("concert", 2, {.quantity = 4}));
    EXPECT_EQ(available("concert"), 0);
    EXPECT_EQ(capacities(), (std::vector<std::int64_t>{10, 6}));
}

TEST_F(Handlers, ticket_withdrawn_keeps_holds_and_stops_sales) {
    orders.receives(ticket_created("concert", {.quantity = 10}));
    auto id = place_order("buyer", "concert");
    orders.receives(contracts::TicketWithdrawn{listing("concert", {.quantity = 0}, 2)});
    EXPECT_EQ(capacities().back(), 1);
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.as("another").post("/api/orders", R"({"ticketId":"concert"})").expect(409);
}

TEST_F(Handlers, ticket_updated_waits_for_ticket_created) {
    orders.receives(ticket_updated("concert", 2, {.quantity = 25}));
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(404);
    orders.receives(ticket_created("concert", {.quantity = 10}));
    EXPECT_EQ(available("concert"), 25);
}

TEST_F(Handlers, an_unreadable_row_blocks_only_its_own_entity) {
    orders.receives(ticket_created("concert"));
    auto broken = place_order("buyer", "concert"), intact = place_order("another", "concert");
    orders.write(
        [&](sql::Tx& tx) { tx.execute("UPDATE orders SET currency = 'XXX' WHERE id = $1", broken); });
    orders.clock.advance(std::chrono::minutes{15});
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{broken}},
                    contracts::ExpirationComplete{.order_id = OrderId{intact}});
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(orders.number("SELECT count(*) FROM parked"), 1);
    orders.as("buyer").get("/api/orders/" + broken).expect(500, "Something went wrong");
}

TEST_F(Handlers, expiration_complete_releases_the_tickets_once) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    contracts::ExpirationComplete event{.order_id = OrderId{id}};
    orders.receives(event);
    orders.receives(event);
    EXPECT_EQ(available("concert"), 10);
    ASSERT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>()[0].reason, CancelReason::expired);
}

TEST_F(Handlers, an_early_expiration_complete_is_retried_at_the_orders_own_expiry) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{14});
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{id}});
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("status"), "created");
    orders.clock.advance(std::chrono::minutes{1});
    eventually([&] { return available("concert") == 10; });
}

TEST_F(Handlers, expiration_complete_after_a_cancellation_changes_nothing) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{id}});
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
}

}  // namespace stagedoor::orders
