#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// What the order makes of a payment, whatever crosses it.
struct Payment : Test {
    std::string order;

    Payment() {
        orders.receives(ticket_created("concert"));
        order = ordered("buyer", "concert");
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
    void time_is_told_to_be_over(std::int64_t version = 1) {
        orders.receives(contracts::ExpirationComplete{
            .order_id = OrderId{order}, .expires_at = std::nullopt, .version = version});
    }
    [[nodiscard]] testing::Answered shown() {
        return orders.as("buyer").get("/api/orders/" + order).expect(200);
    }
    [[nodiscard]] std::string status() { return shown().at("status"); }
    [[nodiscard]] std::int64_t held() {
        return orders.number("SELECT held FROM tickets WHERE id = 'concert'");
    }
    [[nodiscard]] std::int64_t sold() {
        return orders.number("SELECT sold FROM tickets WHERE id = 'concert'");
    }
    // That each event told of the order has the version after the one before.
    void TearDown() override {
        std::int64_t last = 0;
        for (const auto& event : orders.told()) {
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
    EXPECT_EQ(shown().at("paymentId"), "payment");
    auto told = orders.published<contracts::OrderAwaiting>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].payment_id, PaymentId{"payment"});
    EXPECT_EQ(told[0].expires_at, now + std::chrono::seconds{15 * 60 + 30}) << "60 s from then";
    EXPECT_EQ(told[0].version, 2);
    orders.clock.advance(std::chrono::seconds{45});
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(409);
}

TEST_F(Payment, keeps_a_hold_that_lasts_longer_than_the_lease) {
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
    auto told = orders.published<contracts::OrderCompleted>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].payment_id, PaymentId{"payment"});
    EXPECT_EQ(told[0].version, 3);
    orders.as("buyer").delete_("/api/orders/" + order).expect(409);
}

// What it counts is counted once, whatever is told again.
TEST_F(Payment, is_counted_as_completed_or_as_run_out) {
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

    order = ordered("another", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    time_is_told_to_be_over();
    time_is_told_to_be_over(2);
    expect_counted(1, 1);
    (void)ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    order = ordered("another", "concert");  // lets go what ran out
    expect_counted(1, 2);
    orders.as("another").delete_("/api/orders/" + order).expect(204);
    expect_counted(1, 2);
}

TEST_F(Payment, is_final_and_no_time_ends_it) {
    starts();
    succeeds();
    orders.clock.advance(std::chrono::minutes{20});
    time_is_told_to_be_over();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(sold(), 1);
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(409);
}

TEST_F(Payment, that_fails_leaves_the_time_that_there_was) {
    auto before = shown().at("expiresAt");
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    EXPECT_NE(shown().at("expiresAt"), before);
    fails();
    EXPECT_EQ(status(), "created");
    EXPECT_EQ(shown().at("expiresAt"), before);
    EXPECT_EQ(shown().at("paymentId"), "");
    auto told = orders.published<contracts::OrderReopened>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].expires_at.to_text(), before);
    EXPECT_EQ(held(), 1);
    orders.clock.advance(std::chrono::seconds{10});
    (void)ordered("another", "concert");  // its time is over as if nothing had been
    EXPECT_EQ(held(), 1);
    EXPECT_EQ(status(), "cancelled");
}

TEST_F(Payment, can_be_tried_again) {
    starts("first");
    fails("first");
    starts("second");
    succeeds("second");
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(shown().at("paymentId"), "second");
    EXPECT_EQ(sold(), 1);
}

TEST_F(Payment, that_fails_when_the_time_is_over_ends_the_order) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::seconds{20});
    fails();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(shown().at("reason"), "expired");
    EXPECT_EQ(held(), 0);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 1u);
    EXPECT_TRUE(orders.published<contracts::OrderReopened>().empty());
}

TEST_F(Payment, heard_a_little_late_takes_up_the_hold_again) {
    orders.clock.advance(std::chrono::minutes{15} + std::chrono::seconds{9});
    starts();
    EXPECT_EQ(status(), "awaiting:payment");
    EXPECT_EQ(held(), 1);
}

TEST_F(Payment, heard_too_late_charges_nobody) {
    orders.clock.advance(std::chrono::minutes{15} + std::chrono::seconds{10});
    starts();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 0);
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().at(0).reason, CancelReason::expired);
}

TEST_F(Payment, heard_late_does_not_take_what_another_has) {
    orders.clock.advance(std::chrono::minutes{15});
    (void)ordered("another", "concert");
    starts();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 1);
    EXPECT_TRUE(orders.published<contracts::OrderAwaiting>().empty());
}

TEST_F(Payment, heard_after_the_buyer_cancelled_means_nothing) {
    orders.as("buyer").delete_("/api/orders/" + order).expect(204);
    starts();
    succeeds();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(shown().at("reason"), "buyer");
    EXPECT_EQ(held() + sold(), 0);
}

TEST_F(Payment, under_way_can_not_be_cancelled) {
    starts();
    orders.as("buyer").delete_("/api/orders/" + order).expect(409, "a payment is under way");
    EXPECT_EQ(status(), "awaiting:payment");
}

TEST_F(Payment, beyond_its_lease_gives_the_tickets_to_who_wants_them) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::seconds{60});
    orders.as("another").post("/api/orders", R"({"ticketId":"concert","quantity":10})").expect(201);
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(shown().at("reason"), "expired");
    succeeds();  // charged too late: the order stays cancelled, payments pays back
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 10);
    EXPECT_EQ(sold(), 0);
}

TEST_F(Payment, beyond_its_lease_still_counts_while_nobody_took_the_tickets) {
    orders.clock.advance(std::chrono::seconds{15 * 60 - 10});
    starts();
    orders.clock.advance(std::chrono::minutes{5});
    succeeds();
    EXPECT_EQ(status(), "complete");
    EXPECT_EQ(sold(), 1);
}

TEST_F(Payment, beyond_its_lease_is_tidied_up) {
    starts();
    orders.clock.advance(std::chrono::minutes{15});
    time_is_told_to_be_over();
    EXPECT_EQ(status(), "cancelled");
    EXPECT_EQ(held(), 0);
}

TEST_F(Payment, beyond_its_lease_may_be_cancelled_by_its_buyer) {
    starts();
    orders.clock.advance(std::chrono::minutes{15});
    orders.as("buyer").delete_("/api/orders/" + order).expect(204);
    EXPECT_EQ(shown().at("reason"), "expired");
}

TEST_F(Payment, outlives_the_end_of_a_time_that_was_told_before_it_began) {
    auto original = orders.published<contracts::OrderCreated>().at(0).expires_at;
    orders.clock.advance(std::chrono::minutes{15});
    starts();
    orders.receives(contracts::ExpirationComplete{.order_id = OrderId{order}, .expires_at = original});
    EXPECT_EQ(status(), "awaiting:payment");
    EXPECT_EQ(orders.number("SELECT count(*) FROM parked"), 0) << "the lease has a timer of its own";
    orders.clock.advance(std::chrono::minutes{1});
    time_is_told_to_be_over(2);
    EXPECT_EQ(status(), "cancelled");
}

TEST_F(Payment, waits_for_the_end_of_the_one_before) {
    starts("first");
    starts("second");
    EXPECT_EQ(shown().at("paymentId"), "first");
    fails("first");
    orders.clock.advance(std::chrono::milliseconds{200});
    testing::eventually([&] { return shown().at("paymentId") == "second"; });
}

TEST_F(Payment, of_another_attempt_changes_nothing) {
    starts();
    orders.receives(payment<contracts::PaymentStarted>("other"));
    orders.receives(payment<contracts::PaymentCreated>("stray", 1));
    EXPECT_EQ(status(), "awaiting:payment");
    orders.receives(payment<contracts::PaymentFailed>("stray2", 1));
    EXPECT_EQ(status(), "awaiting:payment");
}

TEST_F(Payment, heard_twice_counts_once) {
    starts();
    starts();
    succeeds();
    succeeds();
    EXPECT_EQ(sold(), 1);
    EXPECT_EQ(orders.published<contracts::OrderCompleted>().size(), 1u);
}

TEST_F(Payment, outcome_heard_before_its_start_waits_for_it) {
    succeeds();
    EXPECT_EQ(status(), "created");
    starts();
    EXPECT_EQ(status(), "complete");
}

TEST_F(Payment, under_way_counts_as_unpaid) {
    (void)ordered("buyer", "concert");
    starts();
    (void)ordered("buyer", "concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "3 unpaid");
    succeeds();
    (void)ordered("buyer", "concert");
}

}  // namespace stagedoor::orders
