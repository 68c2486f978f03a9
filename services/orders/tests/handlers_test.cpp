#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct Listeners : Test {
    [[nodiscard]] std::vector<std::int64_t> capacities() {
        std::vector<std::int64_t> all;
        for (const auto& event : orders.published<contracts::StockSet>()) all.push_back(event.capacity);
        return all;
    }
};

TEST_F(Listeners, an_edit_sets_the_stock) {
    orders.receives(ticket_created("concert", {.quantity = 10}),
                    ticket_updated("concert", 2, {.quantity = 25}));
    EXPECT_EQ(available("concert"), 25);
    EXPECT_EQ(capacities(), (std::vector<std::int64_t>{10, 25}));
    EXPECT_EQ(orders.published<contracts::StockSet>().back().version, 2);
}

TEST_F(Listeners, holds_win_over_an_edit_that_crosses_them) {
    orders.receives(ticket_created("concert", {.quantity = 10}));
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert","quantity":6})").expect(201);
    orders.receives(ticket_updated("concert", 2, {.quantity = 4}));
    EXPECT_EQ(available("concert"), 0);
    EXPECT_EQ(capacities(), (std::vector<std::int64_t>{10, 6}));
}

TEST_F(Listeners, a_withdrawal_leaves_holds_and_sells_nothing_more) {
    orders.receives(ticket_created("concert", {.quantity = 10}));
    auto id = ordered("buyer", "concert");
    orders.receives(contracts::TicketWithdrawn{listing("concert", {.quantity = 0}, 2)});
    EXPECT_EQ(capacities().back(), 1);
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.as("another").post("/api/orders", R"({"ticketId":"concert"})").expect(409);
}

TEST_F(Listeners, an_edit_heard_before_its_listing_waits_for_it) {
    orders.receives(ticket_updated("concert", 2, {.quantity = 25}));
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(404);
    orders.receives(ticket_created("concert", {.quantity = 10}));
    EXPECT_EQ(available("concert"), 25);
}

TEST_F(Listeners, a_row_that_can_not_be_read_holds_back_its_own_entity_only) {
    orders.receives(ticket_created("concert"));
    auto odd = ordered("buyer", "concert"), sound = ordered("another", "concert");
    orders.write([&](sql::Tx& tx) { tx.execute("UPDATE orders SET currency = 'XXX' WHERE id = $1", odd); });
    orders.clock.advance(std::chrono::minutes{15});
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{odd}},
                    contracts::ExpirationComplete{.order_id = OrderId{sound}});
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(orders.number("SELECT count(*) FROM parked"), 1);
    orders.as("buyer").get("/api/orders/" + odd).expect(500, "Something went wrong");
}

TEST_F(Listeners, the_end_of_time_gives_tickets_back_once) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    contracts::ExpirationComplete over{.order_id = OrderId{id}};
    orders.receives(over);
    orders.receives(over);
    EXPECT_EQ(available("concert"), 10);
    ASSERT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>()[0].reason, CancelReason::expired);
}

TEST_F(Listeners, an_end_that_comes_early_is_heard_again_at_the_orders_own_time) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{14});
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{id}});
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("status"), "created");
    orders.clock.advance(std::chrono::minutes{1});
    eventually([&] { return available("concert") == 10; });
}

TEST_F(Listeners, an_end_after_a_cancellation_means_nothing) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{id}});
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
}

}  // namespace stagedoor::orders
