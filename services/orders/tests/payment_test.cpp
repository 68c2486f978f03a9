#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// How an order reacts to a payment, whatever else happens meanwhile.
struct Payment : Test {
    std::string order;

    Payment() {
        orders.receives(ticket_created("concert"));
        order = place_order("buyer", "concert");
    }

    template <class Event>
    [[nodiscard]] Event payment(const std::string& id, std::int64_t version = 1) const {
        Event event;
        event.id = PaymentId{id};
        event.order_id = OrderId{order};
        event.user_id = UserId{"buyer"};
        event.amount = {1999, {}};
        event.version = version;
        return event;
    }
    void starts(const std::string& id = "payment") {
        orders.receives(payment<contracts::PaymentStarted>(id));
    }
    void succeeds(const std::string& id = "payment") {
        orders.receives(payment<contracts::PaymentCreated>(id, 2));
    }
    void fails(const std::string& id = "payment") {
        orders.receives(payment<contracts::PaymentFailed>(id, 2));
    }
    void expires(std::int64_t version = 1) {
        orders.receives(contracts::ExpirationComplete{
            .order_id = OrderId{order}, .expires_at = std::nullopt, .version = version});
    }
    [[nodiscard]] testing::Response show() {
        return orders.as("buyer").get("/api/orders/" + order).expect(200);
    }
    [[nodiscard]] std::string status() { return show().at("status"); }
    [[nodiscard]] std::int64_t held() {
        return orders.number("SELECT held FROM tickets WHERE id = 'concert'");
    }
    [[nodiscard]] std::int64_t sold() {
        return orders.number("SELECT sold FROM tickets WHERE id = 'concert'");
    }
    // The versions of the order's events have no gaps.
    void TearDown() override {
        std::int64_t last = 0;
        for (const auto& event : orders.all_published()) {
            if (event.entity_id != order) continue;
            EXPECT_EQ(event.version, last + 1) << event.type;
            last = event.version;
        }
    }
};

TEST_F(Payment, leases_the_hold_for_the_charge) {
    auto now = orders.clock.now();
    orders.clock.advance(std::chrono::minutes{14} + std::chrono::seconds{30});
    starts();
    EXPECT_EQ(status(), "awaiting:payment");
    EXPECT_EQ(show().at("paymentId"), "payment");
    auto events = orders.published<contracts::OrderAwaiting>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].payment_id, PaymentId{"payment"});
    EXPECT_EQ(events[0].expires_at, now + std::chrono::seconds{15 * 60 + 30}) << "60 s from then";
    EXPECT_EQ(events[0].version, 2);
    orders.clock.advance(std::chrono::seconds{45});
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(409);
}

// A hold is a promise: an event that begins before the buyer pays, by time or because it was moved, doesn't
// end it.
TEST_F(Payment, completes_an_order_whose_event_began_after_the_hold) {
    orders.receives(
        ticket_updated("concert", 2, {.starts_at = orders.clock.now() + std::chrono::minutes{5}}));
    orders.clock.advance(std::chrono::minutes{6});
    EXPECT_EQ(status(), "created");
    orders.as("another").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "already started");
    starts();
    EXPECT_EQ(status(), "awaiting:payment");
    succeeds();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(sold(), 1);
}

TEST_F(Payment, never_shortens_the_hold) {
    starts();
    EXPECT_EQ(orders.published<contracts::OrderAwaiting>().at(0).expires_at,
              orders.published<contracts::OrderCreated>().at(0).expires_at);
}

TEST_F(Payment, completes_the_order) {
    starts();
    succeeds();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(held(), 0);
    EXPECT_EQ(sold(), 1);
    auto events = orders.published<contracts::OrderCompleted>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].payment_id, PaymentId{"payment"});
    EXPECT_EQ(events[0].version, 3);
    orders.as("buyer").delete_("/api/orders/" + order).expect(409);
}

// Repeated events are counted once.
TEST_F(Payment, is_counted_as_completed_or_expired) {
    auto expect_counted = [&](int completed, int expired) {
        auto text = orders.metrics.to_text();
        for (const auto& [name, number] : {std::pair{"completed", completed}, {"expired", expired}}) {
            auto line = "\nstagedoor_orders_" + std::string{name} + "_total " + std::to_string(number) + "\n";
            EXPECT_NE(text.find(line), std::string::npos) << "not" << line;
        }
    };
    expect_counted(0, 0);
    starts();
    succeeds();
    succeeds();
    expect_counted(1, 0);

    order = place_order("another", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    expires();
    expires(2);
    expect_counted(1, 1);
    (void)place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    order = place_order("another", "concert");  // releases the expired hold
    expect_counted(1, 2);
    orders.as("another").delete_("/api/orders/" + order).expect(204);
    expect_counted(1, 2);
}

TEST_F(Payment, is_final_and_never_expires) {
    starts();
    succeeds();
    orders.clock.advance(std::chrono::minutes{20});
    expires();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(sold(), 1);
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(409);
}

TEST_F(Payment, restores_the_original_expiry_when_it_fails) {
    auto before = show().at("expiresAt");
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    EXPECT_NE(show().at("expiresAt"), before);
    fails();
    EXPECT_EQ(status(), "created");
    EXPECT_EQ(show().at("expiresAt"), before);
    EXPECT_EQ(show().at("paymentId"), "");
    auto events = orders.published<contracts::OrderReopened>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].expires_at.to_text(), before);
    EXPECT_EQ(held(), 1);
    orders.clock.advance(std::chrono::seconds{10});
    (void)place_order("another", "concert");  // it has expired as if nothing had happened
    EXPECT_EQ(held(), 1);
    EXPECT_EQ(status(), "cancelled");
}

TEST_F(Payment, can_be_retried) {
    starts("first");
    fails("first");
    starts("second");
    succeeds("second");
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(show().at("paymentId"), "second");
    EXPECT_EQ(sold(), 1);
}

TEST_F(Payment, cancels_the_order_when_it_fails_after_expiry) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::seconds{20});
    fails();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(show().at("reason"), "expired");
    EXPECT_EQ(held(), 0);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
    EXPECT_TRUE(orders.published<contracts::OrderReopened>().empty());
}

TEST_F(Payment, that_arrives_slightly_late_renews_the_hold) {
    orders.clock.advance(std::chrono::minutes{15} + std::chrono::seconds{9});
    starts();
    EXPECT_EQ(status(), "awaiting:payment");
    EXPECT_EQ(held(), 1);
}

TEST_F(Payment, that_arrives_too_late_is_not_charged) {
    orders.clock.advance(std::chrono::minutes{15} + std::chrono::seconds{10});
    starts();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 0);
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().at(0).reason, CancelReason::expired);
}

TEST_F(Payment, that_arrives_late_does_not_take_tickets_from_another_buyer) {
    orders.clock.advance(std::chrono::minutes{15});
    (void)place_order("another", "concert");
    starts();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 1);
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
}

TEST_F(Payment, after_the_buyer_cancelled_changes_nothing) {
    orders.as("buyer").delete_("/api/orders/" + order).expect(204);
    starts();
    succeeds();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(show().at("reason"), "buyer");
    EXPECT_EQ(held() + sold(), 0);
}

TEST_F(Payment, in_progress_cannot_be_cancelled) {
    starts();
    orders.as("buyer").delete_("/api/orders/" + order).expect(409, "a payment is in progress");
    EXPECT_EQ(status(), "awaiting:payment");
}

TEST_F(Payment, past_its_lease_yields_the_tickets_to_another_buyer) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::seconds{60});
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(201);
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(show().at("reason"), "expired");
    succeeds();  // charged too late: the order stays cancelled, and payments refunds the charge
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 10);
    EXPECT_EQ(sold(), 0);
}

TEST_F(Payment, past_its_lease_still_completes_the_order_if_nobody_took_the_tickets) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::minutes{5});
    succeeds();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(sold(), 1);
}

TEST_F(Payment, past_its_lease_expires) {
    starts();
    orders.clock.advance(std::chrono::minutes{15});
    expires();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 0);
}

TEST_F(Payment, past_its_lease_can_be_cancelled_by_the_buyer) {
    starts();
    orders.clock.advance(std::chrono::minutes{15});
    orders.as("buyer").delete_("/api/orders/" + order).expect(204);
    EXPECT_EQ(show().at("reason"), "expired");
}

TEST_F(Payment, outlives_an_expiry_that_was_published_before_it_started) {
    auto original = orders.published<contracts::OrderCreated>().at(0).expires_at;
    orders.clock.advance(std::chrono::minutes{15});
    starts();
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{order}, .expires_at = original});
    EXPECT_EQ(status(), "awaiting:payment");
    EXPECT_EQ(orders.number("SELECT count(*) FROM parked"), 0) << "the lease has a timer of its own";
    orders.clock.advance(std::chrono::minutes{1});
    expires(2);
    EXPECT_EQ(status(), "cancelled");
}

TEST_F(Payment, waits_for_the_end_of_the_previous_one) {
    starts("first");
    starts("second");
    EXPECT_EQ(show().at("paymentId"), "first");
    fails("first");
    orders.clock.advance(std::chrono::milliseconds{200});
    testing::eventually([&] { return show().at("paymentId") == "second"; });
}

TEST_F(Payment, of_another_attempt_changes_nothing) {
    starts();
    orders.receives(payment<contracts::PaymentStarted>("other"));
    orders.receives(payment<contracts::PaymentCreated>("stray", 1));
    EXPECT_EQ(status(), "awaiting:payment");
    orders.receives(payment<contracts::PaymentFailed>("stray2", 1));
    EXPECT_EQ(status(), "awaiting:payment");
}

TEST_F(Payment, received_twice_counts_once) {
    starts();
    starts();
    succeeds();
    succeeds();
    EXPECT_EQ(sold(), 1);
    EXPECT_EQ(orders.published<contracts::OrderCompleted>().size(), 1u);
}

TEST_F(Payment, outcome_waits_for_its_start) {
    succeeds();
    EXPECT_EQ(status(), "created");
    starts();
    EXPECT_EQ(status(), "complete");
}

TEST_F(Payment, in_progress_counts_as_unpaid) {
    (void)place_order("buyer", "concert");
    starts();
    (void)place_order("buyer", "concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "3 unpaid");
    succeeds();
    (void)place_order("buyer", "concert");
}

}  // namespace stagedoor::orders
