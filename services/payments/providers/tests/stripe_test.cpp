#include "services/payments/providers/stripe.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "services/payments/providers/tests/fake_stripe.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using test::FakeStripe;
using test::Fault;

constexpr Instant start{1'767'225'600'000};  // the fake's time

Money money(std::string_view amount, std::string_view currency = "USD") {
    return *Money::parse(amount, *Currency::parse(currency));
}

class StripeTest : public ::testing::Test {
  protected:
    StripeTest() { provider = connect(FakeStripe::secret_key); }
    ~StripeTest() override { transport->close(); }

    std::unique_ptr<Provider> connect(std::string secret_key) {
        return make_stripe_provider({.url = stripe.url(),
                                     .secret_key = std::move(secret_key),
                                     .publishable_key = "pk_test",
                                     .webhook_secret = {}},
                                    *transport);
    }

    static Charge charge_with(std::string token, Money amount = money("19.99")) {
        return {PaymentId{"payment-1"}, OrderId{"order-1"}, amount, std::move(token), start};
    }
    static Refund refund_of(std::string reference, std::string amount, std::string key = "refund-1") {
        return {RefundId{std::move(key)}, PaymentId{"payment-1"}, std::move(reference), money(amount)};
    }
    ChargeOutcome charge(Charge what) { return loop.wait_for(provider->charge(std::move(what))); }
    ChargeOutcome cancel_charge(Charge what) {
        return loop.wait_for(provider->cancel_charge(std::move(what)));
    }
    std::optional<ChargeOutcome> find(Charge what) { return loop.wait_for(provider->find(std::move(what))); }
    std::string refund(Refund what) { return loop.wait_for(provider->refund(std::move(what))); }

    runtime::EventLoopThread loop;
    FakeStripe stripe;
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
    std::unique_ptr<Provider> provider;
};

TEST_F(StripeTest, charges_a_card_once_per_key) {
    auto outcome = charge(charge_with("pm_card_visa"));
    EXPECT_TRUE(outcome.succeeded);
    EXPECT_EQ(outcome.reference, "pi_1");
    EXPECT_EQ(charge(charge_with("pm_card_visa")).reference, "pi_1");
    ASSERT_EQ(stripe.intents().size(), 1);
    EXPECT_EQ(stripe.intents()[0].amount, 1999);
    EXPECT_EQ(stripe.intents()[0].currency, "usd");
    EXPECT_EQ(provider->publishable_key(), "pk_test");
}

TEST_F(StripeTest, explains_in_plain_words_why_a_card_is_declined) {
    auto reason = [&](const std::string& token) {
        auto what = charge_with(token);
        what.key = PaymentId{token};
        auto outcome = charge(what);
        EXPECT_FALSE(outcome.succeeded) << token;
        EXPECT_EQ(find(what)->reason, outcome.reason) << token;
        return outcome.reason;
    };
    EXPECT_EQ(reason("pm_card_visa_chargeDeclined"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedInsufficientFunds"), "Your card has insufficient funds");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedLostCard"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedStolenCard"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_chargeDeclinedExpiredCard"), "Your card has expired");
    EXPECT_EQ(reason("pm_card_chargeDeclinedIncorrectCvc"), "Your card's security code is incorrect");
    EXPECT_EQ(reason("pm_card_chargeDeclinedProcessingError"),
              "Your bank couldn't process the payment; try again later");
    EXPECT_EQ(reason("pm_card_authenticationRequired"),
              "Your bank requires an extra confirmation that we don't support; use another card");
}

TEST_F(StripeTest, declines_what_stripe_rejects_as_invalid) {
    auto unknown = charge(charge_with("pm_nobody_has_it"));
    EXPECT_FALSE(unknown.succeeded);
    EXPECT_EQ(unknown.reason, "Enter your card again");
    EXPECT_EQ(charge(charge_with("pm_card_visa", money("1000000.00"))).reason,
              "This amount is too large for a card payment");
    EXPECT_FALSE(find(charge_with("pm_nobody_has_it")));
}

TEST_F(StripeTest, does_not_decline_when_stripe_rejects_our_secret_key) {
    provider = connect("sk_of_somebody_else");
    EXPECT_THROW((void)charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_TRUE(stripe.intents().empty());
}

TEST_F(StripeTest, declines_an_intent_that_needs_the_buyer_again) {
    EXPECT_FALSE(charge(charge_with("pm_requires_action")).succeeded);
}

TEST_F(StripeTest, converts_amounts_to_stripes_units) {
    auto amount = [&](std::string_view decimal, std::string_view currency) {
        auto what = charge_with("pm_card_visa", money(decimal, currency));
        what.key = PaymentId{std::string{currency}};
        auto succeeded = charge(what).succeeded;
        return succeeded ? stripe.intents().back().amount : 0;
    };
    EXPECT_EQ(amount("500", "JPY"), 500);
    EXPECT_EQ(amount("500", "ISK"), 50'000);
    EXPECT_EQ(amount("5.120", "KWD"), 5'120);
    auto requests = stripe.requests();
    EXPECT_EQ(charge(charge_with("pm_card_visa", money("5.124", "KWD"))).reason,
              "This amount can't be paid by card");
    EXPECT_EQ(stripe.requests(), requests);

    auto charges = loop.wait_for(provider->list_charges(start - 1h, ""));
    ASSERT_EQ(charges.size(), 3);
    EXPECT_EQ(charges[0].charged, money("5.120", "KWD"));
    EXPECT_EQ(charges[1].charged, money("500", "ISK"));
    EXPECT_EQ(charges[2].charged, money("500", "JPY"));
}

TEST_F(StripeTest, reports_an_unknown_outcome) {
    for (auto fault : {Fault::server_error, Fault::rate_limited, Fault::key_in_use, Fault::not_json,
                       Fault::unexpected_json, Fault::foreign_error}) {
        stripe.next(fault);
        EXPECT_THROW(charge(charge_with("pm_card_visa")), OutcomeUnknown);
        stripe.next(fault);
        EXPECT_THROW(find(charge_with("pm_card_visa")), OutcomeUnknown);
        stripe.next(fault);
        EXPECT_THROW(cancel_charge(charge_with("pm_card_visa")), OutcomeUnknown);
        stripe.next(fault);
        EXPECT_THROW(refund(refund_of("pi_1", "1.00")), OutcomeUnknown);
        stripe.next(fault);
        EXPECT_THROW(loop.wait_for(provider->list_charges(start, "")), OutcomeUnknown);
    }
    EXPECT_TRUE(stripe.intents().empty());

    transport->close();
    EXPECT_THROW(charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_THROW(find(charge_with("pm_card_visa")), OutcomeUnknown);
}

TEST_F(StripeTest, reports_an_unknown_outcome_when_a_key_was_used_for_something_else) {
    EXPECT_TRUE(charge(charge_with("pm_card_visa")).succeeded);
    EXPECT_THROW(charge(charge_with("pm_card_visa", money("20.00"))), OutcomeUnknown);
    EXPECT_EQ(stripe.intents().size(), 1);
}

TEST_F(StripeTest, finds_a_charge_whose_response_was_lost) {
    EXPECT_FALSE(find(charge_with("pm_card_visa")));  // not known yet
    stripe.next(Fault::response_lost);
    EXPECT_THROW(charge(charge_with("pm_card_visa")), OutcomeUnknown);
    auto found = find(charge_with("pm_card_visa"));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->succeeded);
    EXPECT_EQ(found->reference, "pi_1");
    EXPECT_EQ(charge(charge_with("pm_card_visa")).reference, "pi_1");
    EXPECT_EQ(stripe.intents().size(), 1);
}

TEST_F(StripeTest, finds_a_charge_among_many) {
    EXPECT_TRUE(charge(charge_with("pm_card_visa")).succeeded);
    stripe.add_foreign_intents(250);
    auto requests = stripe.requests();
    EXPECT_TRUE(find(charge_with("pm_card_visa"))->succeeded);
    EXPECT_EQ(stripe.requests() - requests, 3);
}

TEST_F(StripeTest, searches_for_a_charge_only_around_its_time) {
    auto seconds = start.milliseconds / 1000;
    auto charged = charge_with("pm_card_visa");
    charged.started_at = start + 72h;
    stripe.add_foreign_intents(1000);
    stripe.set_time(seconds + 3 * 24 * 3600);
    EXPECT_TRUE(charge(charged).succeeded);
    stripe.set_time(seconds + 6 * 24 * 3600);
    stripe.add_foreign_intents(1000);
    auto requests = stripe.requests();
    EXPECT_TRUE(find(charged)->succeeded);
    auto unknown = charged;
    unknown.key = PaymentId{"payment-2"};
    EXPECT_FALSE(find(unknown));
    EXPECT_EQ(stripe.requests() - requests, 2);
}

TEST_F(StripeTest, waits_for_an_undecided_charge) {
    EXPECT_THROW(charge(charge_with("pm_processing")), OutcomeUnknown);
    EXPECT_THROW(find(charge_with("pm_processing")), OutcomeUnknown);
    stripe.set_status("payment-1", "succeeded");
    EXPECT_TRUE(find(charge_with("pm_processing"))->succeeded);
}

TEST_F(StripeTest, cancels_an_unconfirmed_charge) {
    stripe.next(Fault::response_lost);
    EXPECT_THROW(charge(charge_with("pm_unconfirmed")), OutcomeUnknown);
    auto found = find(charge_with("pm_unconfirmed"));
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->succeeded);
    EXPECT_EQ(found->reason, "The payment was cancelled");
    EXPECT_EQ(stripe.intents()[0].status, "canceled");
}

TEST_F(StripeTest, never_makes_a_cancelled_charge) {
    EXPECT_FALSE(cancel_charge(charge_with("pm_card_visa")).succeeded);
    EXPECT_THROW(charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_FALSE(find(charge_with("pm_card_visa"))->succeeded);
    ASSERT_EQ(stripe.intents().size(), 1);
    EXPECT_EQ(stripe.intents()[0].status, "canceled");
    EXPECT_TRUE(loop.wait_for(provider->list_charges(start - 1h, "")).empty());
}

TEST_F(StripeTest, cancels_a_charge_even_if_the_response_is_lost) {
    stripe.next(Fault::response_lost);
    EXPECT_THROW(cancel_charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_THROW(charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_EQ(find(charge_with("pm_card_visa"))->reason, "The payment was cancelled");
}

TEST_F(StripeTest, does_not_cancel_a_charge_that_was_made) {
    EXPECT_TRUE(charge(charge_with("pm_card_visa")).succeeded);
    EXPECT_THROW(cancel_charge(charge_with("pm_card_visa")), OutcomeUnknown);
    EXPECT_TRUE(find(charge_with("pm_card_visa"))->succeeded);
}

TEST_F(StripeTest, cancels_a_charge_with_an_unsupported_amount) {
    auto too_much = charge_with("pm_card_visa", money("1000000.00"));
    EXPECT_EQ(cancel_charge(too_much).reason, "This amount is too large for a card payment");
    EXPECT_EQ(cancel_charge(charge_with("pm_card_visa", money("5.124", "KWD"))).reason,
              "This amount can't be paid by card");
}

TEST_F(StripeTest, refunds_once_per_key) {
    auto reference = charge(charge_with("pm_card_visa")).reference;
    EXPECT_EQ(refund(refund_of(reference, "5.00")), "re_1");
    EXPECT_EQ(refund(refund_of(reference, "5.00")), "re_1");
    EXPECT_EQ(refund(refund_of(reference, "14.99", "refund-2")), "re_2");
    EXPECT_EQ(stripe.intents()[0].refunded, 1999);
}

TEST_F(StripeTest, refunds_once_even_when_stripe_has_forgotten_the_key) {
    auto reference = charge(charge_with("pm_card_visa")).reference;
    EXPECT_EQ(refund(refund_of(reference, "5.00")), "re_1");
    stripe.forget_keys();
    EXPECT_EQ(refund(refund_of(reference, "5.00")), "re_1");
    EXPECT_EQ(stripe.refunds().size(), 1);
}

TEST_F(StripeTest, reports_a_rejected_refund) {
    auto reference = charge(charge_with("pm_card_visa")).reference;
    EXPECT_THROW(refund(refund_of(reference, "20.00", "too much")), RefundRejected);
    EXPECT_EQ(refund(refund_of(reference, "19.99", "all")), "re_1");
    EXPECT_THROW(refund(refund_of(reference, "1.00", "after all")), RefundRejected);
    EXPECT_THROW(refund(refund_of("pi_unknown", "1.00")), RefundRejected);

    provider = connect("sk_of_somebody_else");
    EXPECT_THROW(refund(refund_of(reference, "1.00")), OutcomeUnknown);  // may succeed with the right key
}

TEST_F(StripeTest, lists_every_charge_once) {
    EXPECT_TRUE(loop.wait_for(provider->list_charges(start - 1h, "")).empty());
    for (int i = 0; i < 230; ++i) {
        auto what = charge_with(i % 10 == 0 ? "pm_card_visa_chargeDeclined" : "pm_card_visa");
        what.key = PaymentId{"payment-" + std::to_string(i)};
        EXPECT_EQ(charge(what).succeeded, i % 10 != 0);
        if (i == 100) stripe.add_foreign_intents(150);  // more than a page without any of ours
    }
    (void)refund(refund_of("pi_2", "5.00"));

    std::map<std::string, ChargeRecord> seen;
    std::string after;
    for (;;) {
        auto page = loop.wait_for(provider->list_charges(start - 1h, after));
        if (page.empty()) break;
        for (auto& charge : page) EXPECT_TRUE(seen.emplace(charge.key.text, charge).second);
        after = page.back().reference;
    }
    EXPECT_EQ(seen.size(), 207);
    EXPECT_EQ(seen.at("payment-1").refunded_minor, 500);
    EXPECT_EQ(seen.at("payment-2").refunded_minor, 0);
    EXPECT_EQ(seen.at("payment-2").charged, money("19.99"));
    EXPECT_EQ(seen.at("payment-2").at, start);

    EXPECT_TRUE(loop.wait_for(provider->list_charges(start + 1s, "")).empty());
}

}  // namespace
}  // namespace stagedoor::payments
