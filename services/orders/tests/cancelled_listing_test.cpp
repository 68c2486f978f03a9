#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// A listing is cancelled by its seller or an admin.
struct CancelledListing : Test {
    void cancel_listing(const std::string& ticket, std::int64_t version = 2) {
        orders.receives(contracts::TicketCancelled{listing(ticket, {.quantity = 0}, version)});
    }
    [[nodiscard]] std::string order_both() {
        return orders.as("buyer")
            .post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":2},{"ticketId":"play"}]})")
            .expect(201)
            .at("id");
    }
    [[nodiscard]] testing::Response show(const std::string& order) {
        return orders.as("buyer").get("/api/orders/" + order).expect(200);
    }
    void wait_until_processed() {
        testing::eventually([&] { return orders.number("SELECT count(*) FROM called_off") == 0; });
    }
};

TEST_F(CancelledListing, closes_the_listing) {
    orders.receives(ticket_created("concert"));
    cancel_listing("concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "no longer on sale");
    EXPECT_EQ(orders.published<contracts::StockSet>().back().capacity, 0);
    wait_until_processed();
}

TEST_F(CancelledListing, cancels_whole_orders_that_hold_it) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = order_both();
    cancel_listing("concert");
    wait_until_processed();
    EXPECT_EQ(show(order).at("status"), "cancelled");
    EXPECT_EQ(show(order).at("reason"), "listing_cancelled");
    EXPECT_EQ(available("play"), 10);
    EXPECT_EQ(orders.number("SELECT held FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(CancelledListing, voids_its_tickets_in_paid_orders_and_keeps_the_others) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = order_both();
    pay(order);
    cancel_listing("concert");
    wait_until_processed();
    EXPECT_EQ(show(order).at("status"), "complete");
    EXPECT_NE(show(order).at("items[0].cancelledAt"), "");
    EXPECT_EQ(show(order).at("items[1].cancelledAt"), "");
    auto events = orders.published<contracts::OrderVoided>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].ticket_id.text, "concert");
    EXPECT_EQ(events[0].version, 4);
    EXPECT_TRUE(events[0].items[0].cancelled_at);
    EXPECT_FALSE(events[0].items[1].cancelled_at);
    EXPECT_EQ(orders.number("SELECT sold FROM tickets WHERE id = 'concert'"), 0);
    EXPECT_EQ(orders.number("SELECT sold FROM tickets WHERE id = 'play'"), 1);
}

TEST_F(CancelledListing, publishes_order_voided_for_each_of_two_listings) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = order_both();
    pay(order);
    cancel_listing("concert");
    wait_until_processed();
    cancel_listing("play");
    wait_until_processed();
    auto events = orders.published<contracts::OrderVoided>();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].ticket_id.text, "play");
    EXPECT_EQ(events[1].version, 5);
}

TEST_F(CancelledListing, prevents_a_payment_from_starting) {
    orders.receives(ticket_created("concert"));
    auto order = place_order("buyer", "concert");
    auto started = payment_started(order);
    orders.write(
        [](sql::Tx& tx) { tx.execute("UPDATE tickets SET status = 'cancelled'"); });  // not processed yet
    orders.receives(started);
    EXPECT_EQ(show(order).at("status"), "cancelled");
    EXPECT_EQ(show(order).at("reason"), "listing_cancelled");
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
}

TEST_F(CancelledListing, does_not_wait_for_a_payment_past_its_lease) {
    orders.receives(ticket_created("concert"));
    auto order = place_order("buyer", "concert");
    auto started = payment_started(order);
    orders.receives(started);
    cancel_listing("concert");
    orders.clock.advance(std::chrono::minutes{16});
    testing::eventually([&] {
        orders.clock.advance(std::chrono::milliseconds{100});
        return show(order).at("status") == "cancelled";
    });
    wait_until_processed();
}

TEST_F(CancelledListing, waits_for_a_payment_in_progress) {
    orders.receives(ticket_created("concert"));
    auto order = place_order("buyer", "concert");
    orders.receives(payment_started(order));
    cancel_listing("concert");
    EXPECT_EQ(show(order).at("status"), "awaiting:payment");
    orders.receives(payment_created(order));
    testing::eventually([&] {
        orders.clock.advance(std::chrono::milliseconds{100});
        return orders.published<contracts::OrderVoided>().size() == 1;
    });
    wait_until_processed();
}

TEST_F(CancelledListing, processes_more_orders_than_fit_into_one_transaction) {
    orders.receives(ticket_created("concert", {.quantity = 1000}));
    for (int i = 0; i < 120; ++i) {
        auto order = place_order("buyer" + std::to_string(i), "concert");
        if (i % 2) pay(order);
    }
    cancel_listing("concert");
    wait_until_processed();
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 60u);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 60u);
    EXPECT_EQ(orders.number("SELECT held + sold FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(CancelledListing, is_processed_after_a_withdrawal_too) {
    orders.receives(ticket_created("concert"));
    auto order = place_order("buyer", "concert");
    pay(order);
    orders.receives(contracts::TicketWithdrawn{listing("concert", {.quantity = 0}, 2)});
    cancel_listing("concert", 3);
    wait_until_processed();
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 1u);
}

}  // namespace stagedoor::orders
