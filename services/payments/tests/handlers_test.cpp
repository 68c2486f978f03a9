#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

// The effect of each order event; their interleavings are in saga_test.cpp.
struct Handlers : ScriptedTest {};

TEST_F(Handlers, order_created_opens_the_order_for_payment) {
    auto order = place_order("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    EXPECT_EQ(payments.number("SELECT total_minor FROM orders WHERE id = 'order'"), 4298);
    EXPECT_EQ(payments.number("SELECT amount_minor FROM order_lines WHERE ticket_id = 'concert'"), 3998);
    EXPECT_EQ(payments.number("SELECT amount_minor FROM order_lines WHERE ticket_id = 'play'"), 300);
}

TEST_F(Handlers, order_awaiting_charges_once) {
    auto order = place_order();
    auto pending = start_payment("order");
    auto awaiting = order.awaiting(attempt_of("order"));
    payments.receives(awaiting, awaiting);
    response_of(pending).expect(201);
    payments.receives(awaiting);
    EXPECT_EQ(bank().calls(), 1);
}

TEST_F(Handlers, order_awaiting_past_its_lease_charges_nothing) {
    auto order = place_order();
    auto pending = start_payment("order");
    auto id = attempt_of("order");
    auto awaiting = order.awaiting(id);
    payments.clock.advance(15min);
    payments.receives(awaiting);
    EXPECT_EQ(status(id), PaymentStatus::started);
    payments.receives(order.cancelled());
    EXPECT_EQ(status(id), PaymentStatus::failed);
    EXPECT_EQ(bank().calls(), 0);
}

TEST_F(Handlers, order_awaiting_of_another_attempt_charges_nothing) {
    auto order = place_order();
    payments.receives(order.awaiting("somebody else's"));
    EXPECT_EQ(bank().calls(), 0);
}

TEST_F(Handlers, order_reopened_allows_payment_until_the_original_expiry) {
    auto order = place_order();
    bank().script({CallResult::rejected});
    pay(order).expect(402, "Declined by the bank");
    payments.receives(order.reopened());
    payments.clock.advance(15min);
    post_payment("order").expect(409);
}

TEST_F(Handlers, order_completed_refunds_nothing) {
    auto order = place_order();
    pay(order).expect(201);
    payments.receives(order.completed());
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 0);
    EXPECT_EQ(bank().net_charged("order"), 1999);
}

TEST_F(Handlers, order_voided_refunds_the_void_tickets) {
    auto order = place_order("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    pay(order).expect(201);
    payments.receives(order.completed());
    auto voided = order.voided("concert", payments.clock.now());
    payments.receives(voided, voided);
    auto events = [&] { return payments.published<contracts::PaymentRefunded>(); };
    eventually([&] { return events().size() == 1; });
    EXPECT_EQ(bank().net_charged("order"), 300);
    payments.receives(order.voided("play", payments.clock.now()));
    eventually([&] { return events().size() == 2; });
    EXPECT_EQ(bank().net_charged("order"), 0);
    EXPECT_EQ(events()[0].amount.minor, 3998);
    EXPECT_EQ(events()[0].reason, CancelReason::listing_cancelled);
    EXPECT_EQ(events()[0].version, 3);
    EXPECT_EQ(events()[1].amount.minor, 300);
    EXPECT_EQ(events()[1].version, 4);
}

TEST_F(Handlers, order_voided_refunds_returned_tickets_with_the_reason) {
    auto order = place_order("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    pay(order).expect(201);
    payments.receives(order.completed());
    auto voided = order.voided("concert", payments.clock.now());
    for (auto& item : voided.items) {
        if (item.cancelled_at) item.reason = CancelReason::buyer;
    }
    payments.receives(voided);
    eventually([&] { return payments.published<contracts::PaymentRefunded>().size() == 1; });
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>()[0].reason, CancelReason::buyer);
    EXPECT_EQ(bank().net_charged("order"), 300);
}

TEST_F(Handlers, order_cancelled_refunds_everything) {
    auto order = place_order("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    auto id = pay(order).expect(201).at("id");
    payments.receives(order.cancelled(CancelReason::expired));
    eventually([&] { return payments.published<contracts::PaymentRefunded>().size() == 1; });
    auto event = payments.published<contracts::PaymentRefunded>().at(0);
    EXPECT_EQ(event.id.text, id);
    EXPECT_EQ(event.amount.minor, 4298);
    EXPECT_EQ(event.reason, CancelReason::expired);
    EXPECT_EQ(bank().net_charged("order"), 0);
}

TEST_F(Handlers, order_cancelled_without_a_payment_publishes_nothing) {
    auto order = place_order();
    payments.receives(order.cancelled(CancelReason::buyer));
    EXPECT_TRUE(payments.all_published().empty());
}

}  // namespace stagedoor::payments
