#include <list>
#include <set>

#include "common/runtime/random.hpp"
#include "services/payments/outcomes.hpp"
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct CreatePayment : Test {
    // An id such as orders has just drawn.
    [[nodiscard]] std::string new_id() { return runtime::new_uuid(payments.random, payments.clock.now()); }
};

TEST_F(CreatePayment, charges_once_orders_has_leased_the_hold) {
    auto order = ordered();
    auto answer = will_pay("order");
    auto id = attempt_of("order");
    EXPECT_EQ(status(id), "started");
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().at(0).id.text, id);
    payments.receives(order.awaiting(id));
    EXPECT_EQ(answered(answer).expect(201).at("id"), id);
    auto told = payments.published<contracts::PaymentCreated>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].order_id.text, "order");
    EXPECT_EQ(told[0].user_id.text, "buyer");
    EXPECT_EQ(told[0].amount, (Money{1999, {}}));
    EXPECT_EQ(told[0].reference, "test_" + id);
    EXPECT_EQ(told[0].version, 2);
}

struct LimitedPayment : Test {
    LimitedPayment() : Test(make_service, ServiceTest::default_settings()) {}
};

TEST_F(LimitedPayment, is_not_for_trying_out_cards) {
    auto order = ordered();
    for (int i = 0; i < 60; ++i) {
        pays(order, "tok_chargeDeclined").expect(402);
        payments.receives(order.reopened());
    }
    auto refused = payments.as("buyer").post("/api/payments", R"({"orderId":"order","token":"tok_visa"})");
    refused.expect(429);
    EXPECT_NE(refused.headers["Retry-After"], "");
    EXPECT_EQ(payments.number("SELECT count(*) FROM payments"), 60) << "nothing was opened";
    auto later = ordered("later", {.hold = 2h});
    payments.clock.advance(1h);
    pays(later).expect(201);
}

TEST_F(CreatePayment, forgets_the_token_once_the_outcome_is_known) {
    auto paid = ordered("paid"), declined = ordered("declined");
    pays(paid).expect(201);
    pays(declined, "tok_chargeDeclined").expect(402);
    EXPECT_EQ(payments.number("SELECT count(*) FROM payments WHERE token IS NOT NULL"), 0);
}

TEST_F(CreatePayment, wants_an_order_and_a_token) {
    auto buyer = payments.as("buyer");
    buyer.post("/api/payments", "{}").expect(400).expect_field("orderId").expect_field("token");
    buyer.post("/api/payments", R"({"orderId":"order","token":""})").expect(400).expect_field("token");
    buyer.post("/api/payments", body("order", std::string(256, 'x'))).expect(400).expect_field("token");
}

TEST_F(CreatePayment, wants_a_session) { payments.post("/api/payments", body("order")).expect(401); }

TEST_F(CreatePayment, says_why_it_was_declined) {
    const std::map<std::string, std::string> reasons{
        {"tok_chargeDeclined", "Your card was declined"},
        {"tok_chargeDeclinedInsufficientFunds", "Your card has insufficient funds"},
        {"tok_somethingElse", "Your card was declined"}};
    for (const auto& [token, reason] : reasons) {
        auto order = ordered("order for " + token);
        auto answer = pays(order, token).expect(402, reason).expect_field("token");
        EXPECT_EQ(payments.published<contracts::PaymentFailed>().back().reason, reason);
        EXPECT_EQ(payments.published<contracts::PaymentFailed>().back().version, 2);
    }
    EXPECT_EQ(payments.number("SELECT count(*) FROM ledger"), 0);
}

TEST_F(CreatePayment, can_be_tried_again_after_a_decline) {
    auto order = ordered();
    pays(order, "tok_chargeDeclined").expect(402);
    payments.receives(order.reopened());
    pays(order).expect(201);
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 2u);
}

TEST_F(CreatePayment, waits_a_moment_for_the_order_to_be_open_again) {
    auto order = ordered();
    pays(order, "tok_chargeDeclined").expect(402);
    auto answer = will_pay("order");
    std::this_thread::sleep_for(20ms);
    payments.receives(order.reopened());
    payments.receives(order.awaiting(attempt_of("order")));
    answered(answer).expect(201);
}

TEST_F(CreatePayment, gives_up_when_it_does_not_hear_that_the_order_is_open_again) {
    auto order = ordered();
    pays(order, "tok_chargeDeclined").expect(402);
    auto answer = will_pay("order");
    EXPECT_TRUE(answered_after(2s, answer).expect(503).headers.has("Retry-After"));
}

TEST_F(CreatePayment, is_the_buyers_own_business) {
    (void)ordered();
    payments.as("another").post("/api/payments", body("order")).expect(403);
    EXPECT_TRUE(payments.published<contracts::PaymentStarted>().empty());
}

TEST_F(CreatePayment, knows_no_such_order) { posts("nothing").expect(404); }

TEST_F(CreatePayment, finds_an_order_that_was_told_late_under_the_same_key) {
    auto too_early = will_pay("order", "tok_visa", "key");
    answered(too_early).expect(404);
    auto order = ordered("order");
    pays(order, "tok_visa", "key").expect(201);
}

TEST_F(CreatePayment, waits_for_an_order_that_was_just_made) {
    auto id = new_id();
    auto answer = will_pay(id);
    std::this_thread::sleep_for(20ms);
    auto order = ordered(id);
    payments.receives(order.awaiting(attempt_of(id)));
    answered(answer).expect(201);
}

TEST_F(CreatePayment, waits_for_a_new_order_no_longer_than_a_moment) {
    auto answer = will_pay(new_id());
    answered_after(2s, answer).expect(404);
}

TEST_F(CreatePayment, says_so_when_new_orders_can_not_be_heard_of) {
    payments.bus().pause();
    auto answer = will_pay(new_id());
    answered_after(2s, answer).expect(503);
}

TEST_F(CreatePayment, does_not_pay_what_is_cancelled_or_over) {
    auto cancelled = ordered("cancelled"), expired = ordered("expired");
    (void)ordered("over");
    payments.receives(cancelled.cancelled(CancelReason::buyer), expired.cancelled(CancelReason::expired));
    posts("cancelled").expect(409, "cancelled");
    posts("expired").expect(409, "time to pay");
    payments.clock.advance(15min);
    posts("over").expect(409, "time to pay");
    EXPECT_TRUE(payments.published<contracts::PaymentStarted>().empty());
}

TEST_F(CreatePayment, is_not_charged_when_the_order_is_cancelled_before) {
    const std::map<CancelReason, std::string> reasons{{CancelReason::expired, "time to pay"},
                                                      {CancelReason::buyer, "was cancelled"},
                                                      {CancelReason::listing_cancelled, "called it off"}};
    for (const auto& [reason, words] : reasons) {
        auto order = ordered("order " + words);
        auto answer = will_pay(order.id());
        auto id = attempt_of(order.id());
        payments.receives(order.cancelled(reason));
        answered(answer).expect(409, words);
        EXPECT_EQ(status(id), "failed");
        EXPECT_NE(payments.published<contracts::PaymentFailed>().back().reason.find(words),
                  std::string::npos);
    }
    EXPECT_TRUE(payments.published<contracts::PaymentCreated>().empty());
}

TEST_F(CreatePayment, refuses_a_key_with_another_body) {
    auto order = ordered();
    pays(order, "tok_visa", "key").expect(201);
    payments.as("buyer")
        .with("Idempotency-Key", "key")
        .post("/api/payments", body("order", "tok_chargeDeclined"))
        .expect(422);
}

TEST_F(CreatePayment, answers_a_repeat_as_before) {
    auto order = ordered();
    auto first = pays(order, "tok_visa", "key").expect(201);
    payments.receives(order.completed());
    for (const auto* key : {"key", "another", ""}) {
        auto again = will_pay("order", "tok_visa", key);
        EXPECT_EQ(answered(again).expect(201).body, first.body) << key;
    }
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 1u);
}

TEST_F(CreatePayment, repeats_a_decline_to_the_same_key_only) {
    auto order = ordered();
    auto first = pays(order, "tok_chargeDeclined", "key").expect(402);
    payments.receives(order.reopened());
    auto again = will_pay("order", "tok_chargeDeclined", "key");
    EXPECT_EQ(answered(again).expect(402).body, first.body);
    pays(order, "tok_visa", "new-key").expect(201);
    auto much_later = will_pay("order", "tok_chargeDeclined", "key");
    EXPECT_EQ(answered(much_later).expect(402).body, first.body);
}

TEST_F(CreatePayment, is_one_however_often_it_is_clicked) {
    auto order = ordered();
    std::vector<std::future<Answered>> answers;
    for (int i = 0; i < 8; ++i)
        answers.push_back(will_pay("order", "tok_visa",
                                   i < 3   ? "key"
                                   : i < 6 ? ""
                                           : "key" + std::to_string(i)));
    payments.receives(order.awaiting(attempt_of("order")));
    std::set<std::string> ids;
    for (auto& answer : answers) ids.insert(answered(answer).expect(201).at("id"));
    EXPECT_EQ(ids.size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
}

TEST_F(CreatePayment, joins_an_attempt_that_is_declined) {
    auto order = ordered();
    auto first = will_pay("order", "tok_chargeDeclined", "first"),
         second = will_pay("order", "tok_chargeDeclined", "second");
    eventually([&] { return payments.number("SELECT count(*) FROM idempotency_keys") == 2; });
    payments.receives(order.awaiting(attempt_of("order")));
    answered(first).expect(402, "Your card was declined");
    answered(second).expect(402, "Your card was declined");
}

TEST_F(CreatePayment, is_answered_when_nobody_says_how_it_ended_and_a_repeat_finds_out) {
    auto order = ordered();
    auto answer = will_pay("order", "tok_visa", "key");
    auto id = attempt_of("order");
    EXPECT_TRUE(answered_after(15s, answer).expect(503).headers.has("Retry-After"));
    payments.receives(order.awaiting(id));
    eventually([&] { return status(id) == "succeeded"; });
    auto again = will_pay("order", "tok_visa", "key");
    EXPECT_EQ(answered(again).expect(201).at("id"), id);
}

TEST_F(CreatePayment, waits_for_a_slow_card) {
    auto order = ordered();
    auto answer = will_pay("order", "tok_slow");
    payments.receives(order.awaiting(attempt_of("order")));
    payments.clock.advance(4999ms);
    EXPECT_TRUE(payments.published<contracts::PaymentCreated>().empty());
    answered_after(5s, answer, 300ms).expect(201);
}

TEST_F(CreatePayment, finds_out_when_the_answer_is_lost) {
    auto order = ordered();
    auto answer = will_pay("order", "tok_answerLost");
    payments.receives(order.awaiting(attempt_of("order")));
    answered_after(10s, answer, 300ms).expect(201);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    for (auto counted :
         {"stagedoor_charges_unknown_total 1", R"(stagedoor_charges_total{outcome="succeeded"} 1)"})
        eventually([&] { return payments.metrics.to_text().contains(counted); });
}

TEST_F(CreatePayment, sees_what_another_copy_of_the_service_found_out) {
    (void)ordered();
    auto answer = will_pay("order");
    auto id = attempt_of("order");
    payments.write([&](sql::Tx& tx) {
        tx.execute("UPDATE payments SET status = 'failed', tries = 1, reason = 'No' WHERE id = $1", id);
    });
    answered_after(250ms, answer).expect(402, "No");
}

TEST(Outcomes, has_places_for_so_many_and_no_more) {
    runtime::ManualClock clock;
    Outcomes outcomes{clock};
    std::list<Outcomes::Place> places;
    for (int i = 0; i < 4096; ++i) places.emplace_back(outcomes, PaymentId{std::to_string(i)});
    EXPECT_THROW(places.emplace_back(outcomes, PaymentId{"one more"}), Unavailable);
    places.pop_front();
    EXPECT_NO_THROW(places.emplace_back(outcomes, PaymentId{"one more"}));
}

}  // namespace stagedoor::payments
