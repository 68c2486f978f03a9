#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// A listing is called off by its seller or an admin.
struct CallOff : Test {
    [[nodiscard]] static contracts::PaymentStarted payment_started(const std::string& order) {
        contracts::PaymentStarted event;
        event.id = PaymentId{"payment of " + order};
        event.order_id = OrderId{order};
        event.user_id = UserId{"buyer"};
        event.version = 1;
        return event;
    }
    void pays(const std::string& order) {
        auto started = payment_started(order);
        orders.receives(started);
        contracts::PaymentCreated created;
        static_cast<contracts::PaymentState&>(created) = started;
        created.version = 2;
        orders.receives(created);
    }
    void called_off(const std::string& ticket, std::int64_t version = 2) {
        orders.receives(contracts::TicketCancelled{listing(ticket, {.quantity = 0}, version)});
    }
    [[nodiscard]] std::string both() {
        return orders.as("buyer")
            .post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":2},{"ticketId":"play"}]})")
            .expect(201)
            .at("id");
    }
    [[nodiscard]] testing::Answered shown(const std::string& order) {
        return orders.as("buyer").get("/api/orders/" + order).expect(200);
    }
    void all_is_seen_to() {
        testing::eventually([&] { return orders.number("SELECT count(*) FROM called_off") == 0; });
    }
};

TEST_F(CallOff, closes_the_listing) {
    orders.receives(ticket_created("concert"));
    called_off("concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "no longer on sale");
    EXPECT_EQ(orders.published<contracts::StockSet>().back().capacity, 0);
    all_is_seen_to();
}

TEST_F(CallOff, cancels_orders_that_hold_it_with_all_that_they_hold) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = both();
    called_off("concert");
    all_is_seen_to();
    EXPECT_EQ(shown(order).at("status"), "cancelled");
    EXPECT_EQ(shown(order).at("reason"), "listing_cancelled");
    EXPECT_EQ(available("play"), 10);
    EXPECT_EQ(orders.number("SELECT held FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(CallOff, voids_the_tickets_of_paid_orders_and_leaves_the_others_in_them) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = both();
    pays(order);
    called_off("concert");
    all_is_seen_to();
    EXPECT_EQ(shown(order).at("status"), "complete");
    EXPECT_NE(shown(order).at("items[0].cancelledAt"), "");
    EXPECT_EQ(shown(order).at("items[1].cancelledAt"), "");
    auto told = orders.published<contracts::OrderVoided>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].ticket_id.text, "concert");
    EXPECT_EQ(told[0].version, 4);
    EXPECT_TRUE(told[0].items[0].cancelled_at);
    EXPECT_FALSE(told[0].items[1].cancelled_at);
    EXPECT_EQ(orders.number("SELECT sold FROM tickets WHERE id = 'concert'"), 0);
    EXPECT_EQ(orders.number("SELECT sold FROM tickets WHERE id = 'play'"), 1);
}

TEST_F(CallOff, tells_each_of_two_listings_of_an_order) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto order = both();
    pays(order);
    called_off("concert");
    all_is_seen_to();
    called_off("play");
    all_is_seen_to();
    auto told = orders.published<contracts::OrderVoided>();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[1].ticket_id.text, "play");
    EXPECT_EQ(told[1].version, 5);
}

TEST_F(CallOff, keeps_a_payment_from_beginning) {
    orders.receives(ticket_created("concert"));
    auto order = ordered("buyer", "concert");
    auto started = payment_started(order);
    orders.write(
        [](sql::Tx& tx) { tx.execute("UPDATE tickets SET status = 'cancelled'"); });  // not yet seen to
    orders.receives(started);
    EXPECT_EQ(shown(order).at("status"), "cancelled");
    EXPECT_EQ(shown(order).at("reason"), "listing_cancelled");
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
}

TEST_F(CallOff, does_not_wait_for_a_payment_beyond_its_lease) {
    orders.receives(ticket_created("concert"));
    auto order = ordered("buyer", "concert");
    auto started = payment_started(order);
    orders.receives(started);
    called_off("concert");
    orders.clock.advance(std::chrono::minutes{16});
    testing::eventually([&] {
        orders.clock.advance(std::chrono::milliseconds{100});
        return shown(order).at("status") == "cancelled";
    });
    all_is_seen_to();
}

TEST_F(CallOff, waits_for_a_payment_that_is_under_way) {
    orders.receives(ticket_created("concert"));
    auto order = ordered("buyer", "concert");
    auto started = payment_started(order);
    orders.receives(started);
    called_off("concert");
    EXPECT_EQ(shown(order).at("status"), "awaiting:payment");
    contracts::PaymentCreated created;
    static_cast<contracts::PaymentState&>(created) = started;
    created.version = 2;
    orders.receives(created);
    testing::eventually([&] {
        orders.clock.advance(std::chrono::milliseconds{100});
        return orders.published<contracts::OrderVoided>().size() == 1;
    });
    all_is_seen_to();
}

TEST_F(CallOff, sees_to_more_orders_than_fit_into_one_transaction) {
    orders.receives(ticket_created("concert", {.quantity = 120}));
    for (int i = 0; i < 120; ++i) {
        auto order = ordered("buyer" + std::to_string(i), "concert");
        if (i % 2) pays(order);
    }
    called_off("concert");
    all_is_seen_to();
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 60u);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 60u);
    EXPECT_EQ(orders.number("SELECT held + sold FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(CallOff, after_a_withdrawal_is_the_same) {
    orders.receives(ticket_created("concert"));
    auto order = ordered("buyer", "concert");
    pays(order);
    orders.receives(contracts::TicketWithdrawn{listing("concert", {.quantity = 0}, 2)});
    called_off("concert", 3);
    all_is_seen_to();
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 1u);
}

}  // namespace stagedoor::orders
