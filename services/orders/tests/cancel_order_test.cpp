#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct CancelOrder : Test {};

TEST_F(CancelOrder, releases_the_tickets_once) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    EXPECT_EQ(available("concert"), 10);
    auto events = orders.published<contracts::OrderCancelled>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(events[0].reason, CancelReason::buyer);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("status"), "cancelled");
}

TEST_F(CancelOrder, requires_a_session) { orders.nobody().delete_("/api/orders/x").expect(401); }

TEST_F(CancelOrder, is_forbidden_to_other_users) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.as("another").delete_("/api/orders/" + id).expect(403);
    EXPECT_EQ(available("concert"), 9);
}

TEST_F(CancelOrder, responds_404_for_an_unknown_order) {
    orders.as("buyer").delete_("/api/orders/nothing").expect(404);
}

TEST_F(CancelOrder, rejects_orders_that_are_paid_or_being_paid) {
    orders.receives(ticket_created("concert"));
    for (auto status : {OrderStatus::awaiting_payment, OrderStatus::complete}) {
        auto id = place_order("buyer", "concert");
        orders.write(
            [&](sql::Tx& tx) { tx.execute("UPDATE orders SET status = $2 WHERE id = $1", id, status); });
        orders.as("buyer").delete_("/api/orders/" + id).expect(409);
    }
    EXPECT_EQ(available("concert"), 8);
}

TEST_F(CancelOrder, keeps_the_reason_of_an_expired_order) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("reason"), "expired");
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(CancelOrder, does_not_release_what_another_buyer_holds_by_now) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto late = place_order("late", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    (void)place_order("quick", "concert");
    orders.as("late").delete_("/api/orders/" + late).expect(204);
    EXPECT_EQ(available("concert"), 0);
}

}  // namespace stagedoor::orders
