#include <gtest/gtest.h>
#include <sodium.h>

#include "common/errors.hpp"
#include "services/payments/providers/stripe.hpp"
#include "services/payments/providers/tests/fake_stripe.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using test::FakeStripe;

constexpr Instant now{1'767'225'600'000};
constexpr auto secret = "whsec_test";

std::string hmac(const std::string& text, std::string_view key) {
    auto bytes = [](std::string_view of) { return reinterpret_cast<const unsigned char*>(of.data()); };
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes(key), key.size());
    crypto_auth_hmacsha256_update(&state, bytes(text), text.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> code{};
    crypto_auth_hmacsha256_final(&state, code.data());
    std::string hexadecimal(code.size() * 2 + 1, '\0');
    sodium_bin2hex(hexadecimal.data(), hexadecimal.size(), code.data(), code.size());
    hexadecimal.pop_back();
    return hexadecimal;
}

// The signature header as Stripe sends it.
std::string sign(const std::string& body, Instant at = now, std::string_view key = secret) {
    auto time = std::to_string(at.milliseconds / 1000);
    return "t=" + time + ",v1=" + hmac(time + "." + body, key);
}

class StripeWebhook : public ::testing::Test {
  protected:
    ~StripeWebhook() override { transport->close(); }

    std::unique_ptr<Provider> connect(std::string webhook_secret) {
        return make_stripe_provider({.url = stripe.url(),
                                     .secret_key = FakeStripe::secret_key,
                                     .publishable_key = {},
                                     .webhook_secret = std::move(webhook_secret)},
                                    *transport);
    }
    void charge(std::string token) {
        (void)loop.wait_for(provider->charge(
            {PaymentId{"payment-1"}, OrderId{"order-1"}, Money{1999, Currency{}}, std::move(token), now}));
    }
    bool genuine(const std::string& body, const std::string& header) {
        try {
            (void)provider->read_webhook(body, header, now);
            return true;
        } catch (const Invalid&) {
            return false;
        }
    }

    runtime::EventLoopThread loop;
    FakeStripe stripe;
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
    std::unique_ptr<Provider> provider = connect(secret);
    const std::string other = R"({"id":"evt_7","type":"charge.updated","data":{"object":{}}})";
};

TEST_F(StripeWebhook, reports_a_success) {
    charge("pm_card_visa");
    auto body = stripe.event("payment_intent.succeeded", "payment-1");
    auto webhook = provider->read_webhook(body, sign(body), now);
    EXPECT_EQ(webhook.id, "evt_1");
    EXPECT_EQ(webhook.charge, PaymentId{"payment-1"});
    EXPECT_TRUE(webhook.outcome.succeeded);
    EXPECT_EQ(webhook.outcome.reference, "pi_1");
}

TEST_F(StripeWebhook, reports_a_decline) {
    charge("pm_card_chargeDeclinedExpiredCard");
    auto body = stripe.event("payment_intent.payment_failed", "payment-1");
    auto webhook = provider->read_webhook(body, sign(body), now);
    EXPECT_EQ(webhook.charge, PaymentId{"payment-1"});
    EXPECT_FALSE(webhook.outcome.succeeded);
    EXPECT_EQ(webhook.outcome.reason, "Your card has expired");
}

TEST_F(StripeWebhook, ignores_other_events_and_foreign_charges) {
    auto webhook = provider->read_webhook(other, sign(other), now);
    EXPECT_EQ(webhook.id, "evt_7");
    EXPECT_FALSE(webhook.charge);

    stripe.add_foreign_intents(1);
    auto body = stripe.event("payment_intent.succeeded", "");
    EXPECT_FALSE(provider->read_webhook(body, sign(body), now).charge);
}

// Computed with OpenSSL: printf '1767225600.%s' "$body" | openssl dgst -sha256 -hmac whsec_test
TEST_F(StripeWebhook, signature_matches_openssl) {
    EXPECT_TRUE(
        genuine(other, "t=1767225600,v1=4e76fdd4fb97e2fd5b171a1db2d3c431fcf65101cec5c6b243244b83599ec955"));
}

TEST_F(StripeWebhook, is_rejected_when_forged) {
    EXPECT_FALSE(genuine(other, sign(other, now, "whsec_guessed")));
    EXPECT_FALSE(genuine(other + " ", sign(other)));
    EXPECT_FALSE(genuine(other, ""));
    EXPECT_FALSE(genuine(other, "t=1767225600"));
    EXPECT_FALSE(genuine(other, "t=1767225600,v1="));
    EXPECT_FALSE(genuine(other, "t=1767225600,v1=short"));
    auto with_another_time = sign(other);
    with_another_time.replace(2, 10, "1767225601");
    EXPECT_FALSE(genuine(other, with_another_time));
    auto without_a_time = sign(other);
    without_a_time.replace(2, 10, "now");
    EXPECT_FALSE(genuine(other, without_a_time));
}

TEST_F(StripeWebhook, is_rejected_when_replayed_late) {
    EXPECT_TRUE(genuine(other, sign(other, now - 5min)));
    EXPECT_FALSE(genuine(other, sign(other, now - 5min - 1s)));
    EXPECT_TRUE(genuine(other, sign(other, now + 5min)));
    EXPECT_FALSE(genuine(other, sign(other, now + 5min + 1s)));
}

TEST_F(StripeWebhook, may_be_signed_with_several_secrets) {
    auto ours = sign(other);
    auto with_old_secret = "t=1767225600,v1=" + hmac("1767225600." + other, "whsec_old");
    EXPECT_TRUE(genuine(other, with_old_secret + ours.substr(ours.find(",v1="))));
    EXPECT_TRUE(genuine(other, ours + ",v0=old," + with_old_secret.substr(with_old_secret.find("v1="))));
    EXPECT_FALSE(genuine(other, with_old_secret));
}

TEST_F(StripeWebhook, is_rejected_when_it_is_not_an_event) {
    for (std::string body : {"", "{", "{}", R"({"type":"payment_intent.succeeded"})"})
        EXPECT_FALSE(genuine(body, sign(body))) << body;
}

TEST_F(StripeWebhook, is_not_found_without_a_secret) {
    provider = connect("");
    EXPECT_THROW((void)provider->read_webhook(other, sign(other), now), NotFound);
}

}  // namespace
}  // namespace stagedoor::payments
