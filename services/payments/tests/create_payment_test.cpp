#include <list>
#include <set>

#include "common/runtime/random.hpp"
#include "services/payments/outcomes.hpp"
#include "services/payments/tests/samples.hpp"
#include "testing/hint_bus.hpp"

namespace stagedoor::payments {

using namespace std::chrono_literals;

struct CreatePayment : Test {
    // The id of an order that was just placed.
    [[nodiscard]] std::string new_id() { return runtime::new_uuid(payments.random, payments.clock.now()); }
};

TEST_F(CreatePayment, charges_after_orders_has_leased_the_hold) {
    auto order = place_order();
    auto pending = start_payment("order");
    auto id = attempt_of("order");
    EXPECT_EQ(status(id), PaymentStatus::started);
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().at(0).id.text, id);
    payments.receives(order.awaiting(id));
    EXPECT_EQ(response_of(pending).expect(201).at("id"), id);
    auto events = payments.published<contracts::PaymentCreated>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].order_id.text, "order");
    EXPECT_EQ(events[0].user_id.text, "buyer");
    EXPECT_EQ(events[0].amount, (Money{1999, {}}));
    EXPECT_EQ(events[0].reference, "test_" + id);
    EXPECT_EQ(events[0].version, 2);
}

struct RateLimitedPayment : Test {
    RateLimitedPayment() : Test(make_service, {}, {}) {}
};

TEST_F(RateLimitedPayment, allows_60_attempts_an_hour) {
    auto order = place_order();
    for (int i = 0; i < 60; ++i) {
        pay(order, "tok_chargeDeclined").expect(402);
        payments.receives(order.reopened());
    }
    auto rejected = payments.as("buyer").post("/api/payments", R"({"orderId":"order","token":"tok_visa"})");
    rejected.expect(429);
    EXPECT_NE(rejected.headers["Retry-After"], "");
    EXPECT_EQ(payments.number("SELECT count(*) FROM payments"), 60) << "nothing was opened";
    auto later = place_order("later", {.hold = 2h});
    payments.clock.advance(1h);
    pay(later).expect(201);
}

// Accounts are free, so whoever tests stolen cards has many.
TEST_F(RateLimitedPayment, allows_200_attempts_an_hour_from_one_network) {
    auto pay_from = [&](const std::string& address, const std::string& buyer, const OrderEvents& order) {
        http::Request request{.method = http::Method::post};
        EXPECT_TRUE(request.set_target("/api/payments"));
        request.headers.add("Content-Type", "application/json");
        request.headers.add("Authorization", "Bearer " + payments.token(payments.claims(buyer)));
        request.remote_address = address;
        request.body = R"({"orderId":")" + order.id() + R"(","token":"tok_visa"})";
        return payments.send(std::move(request));
    };
    auto count_of = [&](const std::string& network) {
        return payments.number(
            "SELECT tries FROM rate_limits WHERE name = 'payment attempts by network' AND who = $1", network);
    };
    // 199 declined attempts of other buyers in the network.
    payments.write([](sql::Tx& tx) {
        tx.execute(
            "INSERT INTO rate_limits(name, who, tries, ends_at) VALUES"
            " ('payment attempts by network', '2001:db8:1:2::/64', 199, $1)",
            tx.now() + 1h);
    });
    auto first = place_order("first"), second = place_order("second");
    auto paying = std::async(std::launch::async, [&] { return pay_from("2001:db8:1:2::a", "buyer", first); });
    auto attempt = attempt_of("first");
    EXPECT_EQ(count_of("2001:db8:1:2::/64"), 200) << "counts before its outcome is known";
    auto refused = pay_from("2001:db8:1:2:ffff::b", "buyer", second);
    refused.expect(429);
    EXPECT_EQ(refused.headers["RateLimit-Policy"], R"("payment attempts by network";q=200;w=3600)");
    payments.receives(first.awaiting(attempt));
    response_of(paying).expect(201);
    EXPECT_EQ(count_of("2001:db8:1:2::/64"), 199) << "a payment is no attempt to test a card";
    auto elsewhere =
        std::async(std::launch::async, [&] { return pay_from("2001:db8:1:3::a", "buyer", second); });
    payments.receives(second.awaiting(attempt_of("second")));
    response_of(elsewhere).expect(201);
}

TEST_F(CreatePayment, forgets_the_token_once_the_outcome_is_known) {
    auto paid = place_order("paid"), declined = place_order("declined");
    pay(paid).expect(201);
    pay(declined, "tok_chargeDeclined").expect(402);
    EXPECT_EQ(payments.number("SELECT count(*) FROM payments WHERE token IS NOT NULL"), 0);
}

TEST_F(CreatePayment, requires_an_order_and_a_token) {
    auto buyer = payments.as("buyer");
    buyer.post("/api/payments", "{}").expect(400).expect_field("orderId").expect_field("token");
    buyer.post("/api/payments", R"({"orderId":"order","token":""})").expect(400).expect_field("token");
    buyer.post("/api/payments", body("order", std::string(256, 'x'))).expect(400).expect_field("token");
}

TEST_F(CreatePayment, requires_a_session) { payments.post("/api/payments", body("order")).expect(401); }

TEST_F(CreatePayment, explains_why_it_was_declined) {
    const std::map<std::string, std::string> reasons{
        {"tok_chargeDeclined", "Your card was declined"},
        {"tok_chargeDeclinedInsufficientFunds", "Your card has insufficient funds"},
        {"tok_somethingElse", "Your card was declined"}};
    for (const auto& [token, reason] : reasons) {
        auto order = place_order("order for " + token);
        auto response = pay(order, token).expect(402, reason).expect_field("token");
        EXPECT_EQ(payments.published<contracts::PaymentFailed>().back().reason, reason);
        EXPECT_EQ(payments.published<contracts::PaymentFailed>().back().version, 2);
    }
    EXPECT_EQ(payments.number("SELECT count(*) FROM ledger"), 0);
}

TEST_F(CreatePayment, can_be_retried_after_a_decline) {
    auto order = place_order();
    pay(order, "tok_chargeDeclined").expect(402);
    payments.receives(order.reopened());
    pay(order).expect(201);
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 2u);
}

TEST_F(CreatePayment, waits_for_the_order_to_be_reopened) {
    auto order = place_order();
    pay_unheard(order, "tok_chargeDeclined").expect(402);
    auto pending = start_payment("order");
    std::this_thread::sleep_for(20ms);
    payments.receives(order.reopened());
    payments.receives(order.awaiting(attempt_of("order")));
    response_of(pending).expect(201);
}

TEST_F(CreatePayment, responds_503_if_the_order_is_not_reopened) {
    auto order = place_order();
    pay_unheard(order, "tok_chargeDeclined").expect(402);
    auto pending = start_payment("order");
    EXPECT_TRUE(response_after(2s, pending).expect(503).headers.has("Retry-After"));
}

// Read-your-writes: who asks orders after the response sees the outcome.
TEST_F(CreatePayment, responds_once_the_order_shows_the_outcome) {
    auto paid = place_order("paid"), declined = place_order("declined"), cancelled = place_order("cancelled");
    auto responds_after = [&](OrderEvents& order, const std::string& token, auto event) {
        auto pending = start_payment(order.id(), token);
        payments.receives(order.awaiting(attempt_of(order.id())));
        eventually([&] { return unresolved() == 0; });
        EXPECT_EQ(pending.wait_for(20ms), std::future_status::timeout) << order.id();
        payments.receives(event(order));
        return pending.get();
    };
    responds_after(paid, "tok_visa", [](auto& order) { return order.completed(); }).expect(201);
    responds_after(declined, "tok_chargeDeclined", [](auto& order) { return order.reopened(); }).expect(402);
    responds_after(cancelled, "tok_visa", [](auto& order) { return order.cancelled(); }).expect(201);
    post_payment("paid").expect(201);  // a repeat waits for nothing
}

TEST_F(CreatePayment, responds_within_two_seconds_even_if_orders_is_away) {
    auto paid = place_order("paid"), declined = place_order("declined");
    pay_unheard(paid).expect(201);
    pay_unheard(declined, "tok_chargeDeclined").expect(402);
}

TEST_F(CreatePayment, is_forbidden_to_other_users) {
    (void)place_order();
    payments.as("another").post("/api/payments", body("order")).expect(403);
    EXPECT_TRUE(payments.published<contracts::PaymentStarted>().empty());
}

TEST_F(CreatePayment, responds_404_for_an_unknown_order) { post_payment("nothing").expect(404); }

TEST_F(CreatePayment, finds_a_late_order_under_the_same_key) {
    auto too_early = start_payment("order", "tok_visa", "key");
    response_of(too_early).expect(404);
    auto order = place_order("order");
    pay(order, "tok_visa", "key").expect(201);
}

TEST_F(CreatePayment, waits_for_an_order_that_was_just_placed) {
    auto id = new_id();
    auto pending = start_payment(id);
    std::this_thread::sleep_for(20ms);
    auto order = place_order(id);
    payments.receives(order.awaiting(attempt_of(id)));
    response_of(pending).expect(201);
}

TEST_F(CreatePayment, responds_404_for_a_new_order_after_two_seconds) {
    auto pending = start_payment(new_id());
    response_after(2s, pending).expect(404);
}

TEST_F(CreatePayment, responds_503_for_a_new_order_while_the_bus_is_down) {
    payments.bus().pause();
    auto pending = start_payment(new_id());
    response_after(2s, pending).expect(503);
}

TEST_F(CreatePayment, rejects_cancelled_and_expired_orders) {
    auto cancelled = place_order("cancelled"), expired = place_order("expired");
    (void)place_order("over");
    payments.receives(cancelled.cancelled(CancelReason::buyer), expired.cancelled(CancelReason::expired));
    post_payment("cancelled").expect(409, "cancelled");
    post_payment("expired").expect(409, "time to pay");
    payments.clock.advance(15min);
    post_payment("over").expect(409, "time to pay");
    EXPECT_TRUE(payments.published<contracts::PaymentStarted>().empty());
}

TEST_F(CreatePayment, fails_without_a_charge_when_the_order_is_cancelled) {
    const std::map<CancelReason, std::string> reasons{
        {CancelReason::expired, "time to pay"},
        {CancelReason::buyer, "order was cancelled"},
        {CancelReason::listing_cancelled, "event was cancelled"}};
    for (const auto& [reason, words] : reasons) {
        auto order = place_order("order " + words);
        auto pending = start_payment(order.id());
        auto id = attempt_of(order.id());
        payments.receives(order.cancelled(reason));
        response_of(pending).expect(409, words);
        EXPECT_EQ(status(id), PaymentStatus::failed);
        EXPECT_NE(payments.published<contracts::PaymentFailed>().back().reason.find(words),
                  std::string::npos);
    }
    EXPECT_TRUE(payments.published<contracts::PaymentCreated>().empty());
}

TEST_F(CreatePayment, rejects_a_key_with_another_body) {
    auto order = place_order();
    pay(order, "tok_visa", "key").expect(201);
    payments.as("buyer")
        .with("Idempotency-Key", "key")
        .post("/api/payments", body("order", "tok_chargeDeclined"))
        .expect(422);
}

TEST_F(CreatePayment, repeats_its_response) {
    auto order = place_order();
    auto first = pay(order, "tok_visa", "key").expect(201);
    payments.receives(order.completed());
    for (const auto* key : {"key", "another", ""}) {
        auto again = start_payment("order", "tok_visa", key);
        EXPECT_EQ(response_of(again).expect(201).body, first.body) << key;
    }
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 1u);
}

TEST_F(CreatePayment, repeats_a_decline_for_the_same_key_only) {
    auto order = place_order();
    auto first = pay(order, "tok_chargeDeclined", "key").expect(402);
    payments.receives(order.reopened());
    auto again = start_payment("order", "tok_chargeDeclined", "key");
    EXPECT_EQ(response_of(again).expect(402).body, first.body);
    pay(order, "tok_visa", "new-key").expect(201);
    auto much_later = start_payment("order", "tok_chargeDeclined", "key");
    EXPECT_EQ(response_of(much_later).expect(402).body, first.body);
}

TEST_F(CreatePayment, charges_once_however_often_it_is_clicked) {
    auto order = place_order();
    std::vector<std::future<Response>> pending;
    for (int i = 0; i < 8; ++i)
        pending.push_back(start_payment("order", "tok_visa",
                                        i < 3   ? "key"
                                        : i < 6 ? ""
                                                : "key" + std::to_string(i)));
    payments.receives(order.awaiting(attempt_of("order")));
    std::set<std::string> ids;
    for (auto& each : pending) ids.insert(response_of(each).expect(201).at("id"));
    EXPECT_EQ(ids.size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentStarted>().size(), 1u);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
}

TEST_F(CreatePayment, joins_an_attempt_that_is_declined) {
    auto order = place_order();
    auto first = start_payment("order", "tok_chargeDeclined", "first"),
         second = start_payment("order", "tok_chargeDeclined", "second");
    eventually([&] { return payments.number("SELECT count(*) FROM idempotency_keys") == 2; });
    payments.receives(order.awaiting(attempt_of("order")));
    response_of(first).expect(402, "Your card was declined");
    response_of(second).expect(402, "Your card was declined");
}

TEST_F(CreatePayment, responds_503_while_the_outcome_is_unknown_and_a_retry_finds_it) {
    auto order = place_order();
    auto pending = start_payment("order", "tok_visa", "key");
    auto id = attempt_of("order");
    EXPECT_TRUE(response_after(15s, pending).expect(503).headers.has("Retry-After"));
    payments.receives(order.awaiting(id));
    eventually([&] { return status(id) == PaymentStatus::succeeded; });
    auto again = start_payment("order", "tok_visa", "key");
    EXPECT_EQ(response_of(again).expect(201).at("id"), id);
}

TEST_F(CreatePayment, waits_for_a_slow_card) {
    auto order = place_order();
    auto pending = start_payment("order", "tok_slow");
    payments.receives(order.awaiting(attempt_of("order")));
    payments.clock.advance(4999ms);
    EXPECT_TRUE(payments.published<contracts::PaymentCreated>().empty());
    response_after(5s, pending, 300ms).expect(201);
}

TEST_F(CreatePayment, finds_the_outcome_when_the_response_is_lost) {
    auto order = place_order();
    auto pending = start_payment("order", "tok_answerLost");
    payments.receives(order.awaiting(attempt_of("order")));
    response_after(10s, pending, 300ms).expect(201);
    EXPECT_EQ(payments.published<contracts::PaymentCreated>().size(), 1u);
    for (auto counted :
         {"stagedoor_charges_unknown_total 1", R"(stagedoor_charges_total{outcome="succeeded"} 1)"})
        eventually([&] { return payments.metrics.to_text().contains(counted); });
}

TEST_F(CreatePayment, sees_an_outcome_that_another_replica_wrote) {
    (void)place_order();
    auto pending = start_payment("order");
    auto id = attempt_of("order");
    payments.write([&](sql::Tx& tx) {
        tx.execute("UPDATE payments SET status = 'failed', tries = 1, reason = 'No' WHERE id = $1", id);
    });
    response_after(250ms, pending).expect(402, "No");
}

TEST_F(CreatePayment, requests_at_other_replicas_get_the_outcome_once_it_is_committed) {
    testing::HintBus bus;
    Outcomes here{payments.clock, bus}, there{payments.clock, bus};
    PaymentRow declined{.id = PaymentId{"p"}, .status = PaymentStatus::failed, .reason = "No", .tries = 1};
    Outcomes::Waiter waiter{there, declined.id};
    payments.write([&](sql::Tx& tx) {
        here.notify_after_commit(tx, declined);
        EXPECT_TRUE(bus.sent.empty());
    });
    auto outcome = payments.loop.wait_for(waiter.wait_until({payments.clock, 1h}));
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->succeeded);
    EXPECT_TRUE(outcome->provider_called);
    EXPECT_EQ(outcome->reason, "No");
    EXPECT_NO_THROW(bus.send_hint("payments.outcomes", "not a hint"));
}

TEST(Outcomes, limits_the_number_of_waiters) {
    runtime::ManualClock clock;
    testing::HintBus bus;
    Outcomes outcomes{clock, bus};
    std::list<Outcomes::Waiter> waiters;
    for (int i = 0; i < 4096; ++i) waiters.emplace_back(outcomes, PaymentId{std::to_string(i)});
    EXPECT_THROW(waiters.emplace_back(outcomes, PaymentId{"one more"}), Unavailable);
    waiters.pop_front();
    EXPECT_NO_THROW(waiters.emplace_back(outcomes, PaymentId{"one more"}));
}

}  // namespace stagedoor::payments
