#include "services/payments/providers/stripe.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "services/payments/providers/tests/stripe_stand_in.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using test::StripeStandIn;
using test::Trouble;

constexpr Instant start{1'767'225'600'000};  // the stand-in's time

Money money(std::string_view amount, std::string_view currency = "USD") {
    return *Money::parse(amount, *Currency::parse(currency));
}

class StripeTest : public ::testing::Test {
  protected:
    StripeTest() { provider = connect(StripeStandIn::secret_key); }
    ~StripeTest() override { transport->close(); }

    std::unique_ptr<Provider> connect(std::string secret_key) {
        return make_stripe_provider({.url = stripe.url(),
                                     .secret_key = std::move(secret_key),
                                     .publishable_key = "pk_test",
                                     .webhook_secret = {}},
                                    *transport);
    }

    static Charge of(std::string token, Money amount = money("19.99")) {
        return {PaymentId{"payment-1"}, OrderId{"order-1"}, amount, std::move(token), start};
    }
    static Refund pay_back(std::string reference, std::string amount, std::string key = "refund-1") {
        return {RefundId{std::move(key)}, PaymentId{"payment-1"}, std::move(reference), money(amount)};
    }
    ChargeOutcome charge(Charge what) { return loop.wait_for(provider->charge(std::move(what))); }
    ChargeOutcome call_off(Charge what) { return loop.wait_for(provider->call_off(std::move(what))); }
    std::optional<ChargeOutcome> find(Charge what) { return loop.wait_for(provider->find(std::move(what))); }
    std::string refund(Refund what) { return loop.wait_for(provider->refund(std::move(what))); }

    runtime::EventLoopThread loop;
    StripeStandIn stripe;
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
    std::unique_ptr<Provider> provider;
};

TEST_F(StripeTest, charges_a_card_once_per_key) {
    auto outcome = charge(of("pm_card_visa"));
    EXPECT_TRUE(outcome.succeeded);
    EXPECT_EQ(outcome.reference, "pi_1");
    EXPECT_EQ(charge(of("pm_card_visa")).reference, "pi_1");
    ASSERT_EQ(stripe.intents().size(), 1);
    EXPECT_EQ(stripe.intents()[0].amount, 1999);
    EXPECT_EQ(stripe.intents()[0].currency, "usd");
    EXPECT_EQ(provider->publishable_key(), "pk_test");
}

TEST_F(StripeTest, says_in_plain_words_why_a_card_is_declined) {
    auto reason = [&](const std::string& token) {
        auto what = of(token);
        what.key = PaymentId{token};
        auto outcome = charge(what);
        EXPECT_FALSE(outcome.succeeded) << token;
        EXPECT_EQ(find(what)->reason, outcome.reason) << token;
        return outcome.reason;
    };
    EXPECT_EQ(reason("pm_card_visa_chargeDeclined"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedInsufficientFunds"),
              "There is not enough money on this card");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedLostCard"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_visa_chargeDeclinedStolenCard"), "Your card was declined");
    EXPECT_EQ(reason("pm_card_chargeDeclinedExpiredCard"), "This card has expired");
    EXPECT_EQ(reason("pm_card_chargeDeclinedIncorrectCvc"), "The card's security code is wrong");
    EXPECT_EQ(reason("pm_card_chargeDeclinedProcessingError"),
              "Your bank could not answer: try again in a while");
    EXPECT_EQ(reason("pm_card_authenticationRequired"),
              "Your bank wants to ask you first, which can't be done here: use another card");
}

TEST_F(StripeTest, declines_what_stripe_refuses_without_a_card) {
    auto unknown = charge(of("pm_nobody_has_it"));
    EXPECT_FALSE(unknown.succeeded);
    EXPECT_EQ(unknown.reason, "The card is not known any more: enter it again");
    EXPECT_EQ(charge(of("pm_card_visa", money("1000000.00"))).reason,
              "This amount is too large to be paid by card");
    EXPECT_FALSE(find(of("pm_nobody_has_it")));
}

TEST_F(StripeTest, is_silent_and_declines_nobody_when_stripe_does_not_accept_our_key) {
    provider = connect("sk_of_somebody_else");
    EXPECT_THROW((void)charge(of("pm_card_visa")), ProviderSilent);
    EXPECT_TRUE(stripe.intents().empty());
}

TEST_F(StripeTest, declines_an_intent_that_would_need_the_buyer_again) {
    EXPECT_FALSE(charge(of("pm_requires_action")).succeeded);
}

TEST_F(StripeTest, writes_amounts_as_stripe_does) {
    auto amount = [&](std::string_view decimal, std::string_view currency) {
        auto what = of("pm_card_visa", money(decimal, currency));
        what.key = PaymentId{std::string{currency}};
        auto succeeded = charge(what).succeeded;
        return succeeded ? stripe.intents().back().amount : 0;
    };
    EXPECT_EQ(amount("500", "JPY"), 500);
    EXPECT_EQ(amount("500", "ISK"), 50'000);
    EXPECT_EQ(amount("5.120", "KWD"), 5'120);
    auto asked = stripe.requests();
    EXPECT_EQ(charge(of("pm_card_visa", money("5.124", "KWD"))).reason, "This amount can't be paid by card");
    EXPECT_EQ(stripe.requests(), asked);

    auto books = loop.wait_for(provider->books(start - 1h, ""));
    ASSERT_EQ(books.size(), 3);
    EXPECT_EQ(books[0].charged, money("5.120", "KWD"));
    EXPECT_EQ(books[1].charged, money("500", "ISK"));
    EXPECT_EQ(books[2].charged, money("500", "JPY"));
}

TEST_F(StripeTest, is_silent_when_nothing_is_known) {
    for (auto trouble : {Trouble::not_done, Trouble::too_many, Trouble::key_in_use, Trouble::no_json,
                         Trouble::other_json, Trouble::refused_by_another}) {
        stripe.next(trouble);
        EXPECT_THROW(charge(of("pm_card_visa")), ProviderSilent);
        stripe.next(trouble);
        EXPECT_THROW(find(of("pm_card_visa")), ProviderSilent);
        stripe.next(trouble);
        EXPECT_THROW(call_off(of("pm_card_visa")), ProviderSilent);
        stripe.next(trouble);
        EXPECT_THROW(refund(pay_back("pi_1", "1.00")), ProviderSilent);
        stripe.next(trouble);
        EXPECT_THROW(loop.wait_for(provider->books(start, "")), ProviderSilent);
    }
    EXPECT_TRUE(stripe.intents().empty());

    transport->close();
    EXPECT_THROW(charge(of("pm_card_visa")), ProviderSilent);
    EXPECT_THROW(find(of("pm_card_visa")), ProviderSilent);
}

TEST_F(StripeTest, is_silent_when_a_key_was_used_for_something_else) {
    EXPECT_TRUE(charge(of("pm_card_visa")).succeeded);
    EXPECT_THROW(charge(of("pm_card_visa", money("20.00"))), ProviderSilent);
    EXPECT_EQ(stripe.intents().size(), 1);
}

TEST_F(StripeTest, finds_a_charge_whose_answer_was_lost) {
    EXPECT_FALSE(find(of("pm_card_visa")));  // never heard of
    stripe.next(Trouble::answer_lost);
    EXPECT_THROW(charge(of("pm_card_visa")), ProviderSilent);
    auto found = find(of("pm_card_visa"));
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->succeeded);
    EXPECT_EQ(found->reference, "pi_1");
    EXPECT_EQ(charge(of("pm_card_visa")).reference, "pi_1");
    EXPECT_EQ(stripe.intents().size(), 1);
}

TEST_F(StripeTest, finds_a_charge_among_many) {
    EXPECT_TRUE(charge(of("pm_card_visa")).succeeded);
    stripe.add_foreign_intents(250);
    auto asked = stripe.requests();
    EXPECT_TRUE(find(of("pm_card_visa"))->succeeded);
    EXPECT_EQ(stripe.requests() - asked, 3);
}

TEST_F(StripeTest, looks_for_a_charge_only_around_its_time) {
    auto seconds = start.milliseconds / 1000;
    auto charged = of("pm_card_visa");
    charged.started_at = start + 72h;
    stripe.add_foreign_intents(1000);
    stripe.set_time(seconds + 3 * 24 * 3600);
    EXPECT_TRUE(charge(charged).succeeded);
    stripe.set_time(seconds + 6 * 24 * 3600);
    stripe.add_foreign_intents(1000);
    auto asked = stripe.requests();
    EXPECT_TRUE(find(charged)->succeeded);
    auto unknown = charged;
    unknown.key = PaymentId{"payment-2"};
    EXPECT_FALSE(find(unknown));
    EXPECT_EQ(stripe.requests() - asked, 2);
}

TEST_F(StripeTest, waits_for_what_is_not_decided) {
    EXPECT_THROW(charge(of("pm_processing")), ProviderSilent);
    EXPECT_THROW(find(of("pm_processing")), ProviderSilent);
    stripe.turn("payment-1", "succeeded");
    EXPECT_TRUE(find(of("pm_processing"))->succeeded);
}

TEST_F(StripeTest, calls_off_what_was_left_half_done) {
    stripe.next(Trouble::answer_lost);
    EXPECT_THROW(charge(of("pm_unconfirmed")), ProviderSilent);
    auto found = find(of("pm_unconfirmed"));
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->succeeded);
    EXPECT_EQ(found->reason, "The payment was called off");
    EXPECT_EQ(stripe.intents()[0].status, "canceled");
}

TEST_F(StripeTest, makes_no_charge_that_was_called_off) {
    EXPECT_FALSE(call_off(of("pm_card_visa")).succeeded);
    EXPECT_THROW(charge(of("pm_card_visa")), ProviderSilent);
    EXPECT_FALSE(find(of("pm_card_visa"))->succeeded);
    ASSERT_EQ(stripe.intents().size(), 1);
    EXPECT_EQ(stripe.intents()[0].status, "canceled");
    EXPECT_TRUE(loop.wait_for(provider->books(start - 1h, "")).empty());
}

TEST_F(StripeTest, calls_off_a_charge_although_the_answer_to_that_was_lost) {
    stripe.next(Trouble::answer_lost);
    EXPECT_THROW(call_off(of("pm_card_visa")), ProviderSilent);
    EXPECT_THROW(charge(of("pm_card_visa")), ProviderSilent);
    EXPECT_EQ(find(of("pm_card_visa"))->reason, "The payment was called off");
}

TEST_F(StripeTest, calls_off_no_charge_that_was_made) {
    EXPECT_TRUE(charge(of("pm_card_visa")).succeeded);
    EXPECT_THROW(call_off(of("pm_card_visa")), ProviderSilent);
    EXPECT_TRUE(find(of("pm_card_visa"))->succeeded);
}

TEST_F(StripeTest, calls_off_what_it_would_not_charge) {
    auto too_much = of("pm_card_visa", money("1000000.00"));
    EXPECT_EQ(call_off(too_much).reason, "This amount is too large to be paid by card");
    EXPECT_EQ(call_off(of("pm_card_visa", money("5.124", "KWD"))).reason,
              "This amount can't be paid by card");
}

TEST_F(StripeTest, pays_back_once_per_key) {
    auto reference = charge(of("pm_card_visa")).reference;
    EXPECT_EQ(refund(pay_back(reference, "5.00")), "re_1");
    EXPECT_EQ(refund(pay_back(reference, "5.00")), "re_1");
    EXPECT_EQ(refund(pay_back(reference, "14.99", "refund-2")), "re_2");
    EXPECT_EQ(stripe.intents()[0].refunded, 1999);
}

TEST_F(StripeTest, pays_back_once_even_when_stripe_has_forgotten_the_key) {
    auto reference = charge(of("pm_card_visa")).reference;
    EXPECT_EQ(refund(pay_back(reference, "5.00")), "re_1");
    stripe.forget_keys();
    EXPECT_EQ(refund(pay_back(reference, "5.00")), "re_1");
    EXPECT_EQ(stripe.refunds().size(), 1);
}

TEST_F(StripeTest, says_when_it_will_not_pay_back) {
    auto reference = charge(of("pm_card_visa")).reference;
    EXPECT_THROW(refund(pay_back(reference, "20.00", "too much")), RefundRefused);
    EXPECT_EQ(refund(pay_back(reference, "19.99", "all")), "re_1");
    EXPECT_THROW(refund(pay_back(reference, "1.00", "after all")), RefundRefused);
    EXPECT_THROW(refund(pay_back("pi_unknown", "1.00")), RefundRefused);

    provider = connect("sk_of_somebody_else");
    EXPECT_THROW(refund(pay_back(reference, "1.00")), ProviderSilent);  // once the key is right, it may
}

TEST_F(StripeTest, shows_every_charge_in_its_books_once) {
    EXPECT_TRUE(loop.wait_for(provider->books(start - 1h, "")).empty());
    for (int i = 0; i < 230; ++i) {
        auto what = of(i % 10 == 0 ? "pm_card_visa_chargeDeclined" : "pm_card_visa");
        what.key = PaymentId{"payment-" + std::to_string(i)};
        EXPECT_EQ(charge(what).succeeded, i % 10 != 0);
        if (i == 100) stripe.add_foreign_intents(150);  // more than a page without one of ours
    }
    (void)refund(pay_back("pi_2", "5.00"));

    std::map<std::string, BookedCharge> seen;
    std::string after;
    for (;;) {
        auto page = loop.wait_for(provider->books(start - 1h, after));
        if (page.empty()) break;
        for (auto& charge : page) EXPECT_TRUE(seen.emplace(charge.key.text, charge).second);
        after = page.back().reference;
    }
    EXPECT_EQ(seen.size(), 207);
    EXPECT_EQ(seen.at("payment-1").refunded_minor, 500);
    EXPECT_EQ(seen.at("payment-2").refunded_minor, 0);
    EXPECT_EQ(seen.at("payment-2").charged, money("19.99"));
    EXPECT_EQ(seen.at("payment-2").at, start);

    EXPECT_TRUE(loop.wait_for(provider->books(start + 1s, "")).empty());
}

}  // namespace
}  // namespace stagedoor::payments
