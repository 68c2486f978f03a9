#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct CancelOrder : Test {};

TEST_F(CancelOrder, gives_the_tickets_back_once) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    EXPECT_EQ(available("concert"), 10);
    auto told = orders.published<contracts::OrderCancelled>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].version, 2);
    EXPECT_EQ(told[0].reason, CancelReason::buyer);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("status"), "cancelled");
}

TEST_F(CancelOrder, wants_a_session) { orders.nobody().delete_("/api/orders/x").expect(401); }

TEST_F(CancelOrder, is_the_buyers_own_business) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.as("another").delete_("/api/orders/" + id).expect(403);
    EXPECT_EQ(available("concert"), 9);
}

TEST_F(CancelOrder, knows_no_such_order) { orders.as("buyer").delete_("/api/orders/nothing").expect(404); }

TEST_F(CancelOrder, refuses_what_is_paid_or_being_paid) {
    orders.receives(ticket_created("concert"));
    for (std::string status : {"awaiting:payment", "complete"}) {
        auto id = ordered("buyer", "concert");
        orders.write(
            [&](sql::Tx& tx) { tx.execute("UPDATE orders SET status = $2 WHERE id = $1", id, status); });
        orders.as("buyer").delete_("/api/orders/" + id).expect(409);
    }
    EXPECT_EQ(available("concert"), 8);
}

TEST_F(CancelOrder, that_ran_out_stays_expired) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    orders.as("buyer").delete_("/api/orders/" + id).expect(204);
    EXPECT_EQ(orders.as("buyer").get("/api/orders/" + id).at("reason"), "expired");
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(CancelOrder, does_not_take_back_what_another_holds_by_now) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto late = ordered("late", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    (void)ordered("quick", "concert");
    orders.as("late").delete_("/api/orders/" + late).expect(204);
    EXPECT_EQ(available("concert"), 0);
}

}  // namespace stagedoor::orders
