#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

// What each event of an order does here; the crossings are in saga_test.cpp.
struct Listeners : ScriptedTest {};

TEST_F(Listeners, order_created_can_be_paid) {
    auto order = ordered("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    EXPECT_EQ(payments.number("SELECT total_minor FROM orders WHERE id = 'order'"), 4298);
    EXPECT_EQ(payments.number("SELECT amount_minor FROM order_lines WHERE ticket_id = 'concert'"), 3998);
    EXPECT_EQ(payments.number("SELECT amount_minor FROM order_lines WHERE ticket_id = 'play'"), 300);
}

TEST_F(Listeners, order_awaiting_is_charged_once) {
    auto order = ordered();
    auto answer = will_pay("order");
    auto awaiting = order.awaiting(attempt_of("order"));
    payments.receives(awaiting, awaiting);
    answered(answer).expect(201);
    payments.receives(awaiting);
    EXPECT_EQ(bank().calls(), 1);
}

TEST_F(Listeners, order_awaiting_heard_beyond_its_lease_charges_nothing) {
    auto order = ordered();
    auto answer = will_pay("order");
    auto id = attempt_of("order");
    auto awaiting = order.awaiting(id);
    payments.clock.advance(15min);
    payments.receives(awaiting);
    EXPECT_EQ(status(id), "started");
    payments.receives(order.cancelled());
    EXPECT_EQ(status(id), "failed");
    EXPECT_EQ(bank().calls(), 0);
}

TEST_F(Listeners, order_awaiting_of_another_attempt_charges_nothing) {
    auto order = ordered();
    payments.receives(order.awaiting("somebody else's"));
    EXPECT_EQ(bank().calls(), 0);
}

TEST_F(Listeners, order_reopened_can_be_paid_until_its_old_time) {
    auto order = ordered();
    bank().will({Answer::no});
    pays(order).expect(402, "Declined, says the bank");
    payments.receives(order.reopened());
    payments.clock.advance(15min);
    posts("order").expect(409);
}

TEST_F(Listeners, order_completed_gives_nothing_back) {
    auto order = ordered();
    pays(order).expect(201);
    payments.receives(order.completed());
    EXPECT_EQ(payments.number("SELECT count(*) FROM refunds"), 0);
    EXPECT_EQ(bank().kept("order"), 1999);
}

TEST_F(Listeners, order_voided_gives_back_what_was_paid_for_those_tickets) {
    auto order = ordered("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    pays(order).expect(201);
    payments.receives(order.completed());
    auto voided = order.voided("concert", payments.clock.now());
    payments.receives(voided, voided);
    auto told = [&] { return payments.published<contracts::PaymentRefunded>(); };
    eventually([&] { return told().size() == 1; });
    EXPECT_EQ(bank().kept("order"), 300);
    payments.receives(order.voided("play", payments.clock.now()));
    eventually([&] { return told().size() == 2; });
    EXPECT_EQ(bank().kept("order"), 0);
    EXPECT_EQ(told()[0].amount.minor, 3998);
    EXPECT_EQ(told()[0].reason, CancelReason::listing_cancelled);
    EXPECT_EQ(told()[0].version, 3);
    EXPECT_EQ(told()[1].amount.minor, 300);
    EXPECT_EQ(told()[1].version, 4);
}

TEST_F(Listeners, order_cancelled_gives_all_back) {
    auto order = ordered("order", {.lines = {{"concert", "seller", 1999, 2}, {"play", "other", 100, 3}}});
    auto id = pays(order).expect(201).at("id");
    payments.receives(order.cancelled(CancelReason::expired));
    eventually([&] { return payments.published<contracts::PaymentRefunded>().size() == 1; });
    auto told = payments.published<contracts::PaymentRefunded>().at(0);
    EXPECT_EQ(told.id.text, id);
    EXPECT_EQ(told.amount.minor, 4298);
    EXPECT_EQ(told.reason, CancelReason::expired);
    EXPECT_EQ(bank().kept("order"), 0);
}

TEST_F(Listeners, order_cancelled_without_a_payment_is_noted) {
    auto order = ordered();
    payments.receives(order.cancelled(CancelReason::buyer));
    EXPECT_TRUE(payments.told().empty());
}

}  // namespace stagedoor::payments
