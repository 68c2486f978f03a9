#include <gtest/gtest.h>
#include <sodium.h>

#include "common/errors.hpp"
#include "services/payments/providers/stripe.hpp"
#include "services/payments/providers/tests/stripe_stand_in.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using test::StripeStandIn;

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

// The header as Stripe makes it.
std::string sign(const std::string& body, Instant at = now, std::string_view key = secret) {
    auto time = std::to_string(at.milliseconds / 1000);
    return "t=" + time + ",v1=" + hmac(time + "." + body, key);
}

class StripeNotice : public ::testing::Test {
  protected:
    ~StripeNotice() override { transport->close(); }

    std::unique_ptr<Provider> connect(std::string webhook_secret) {
        return make_stripe_provider({.url = stripe.url(),
                                     .secret_key = StripeStandIn::secret_key,
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
            (void)provider->read_notice(body, header, now);
            return true;
        } catch (const Invalid&) {
            return false;
        }
    }

    runtime::EventLoopThread loop;
    StripeStandIn stripe;
    std::unique_ptr<outbound::Transport> transport = outbound::make_transport();
    std::unique_ptr<Provider> provider = connect(secret);
    const std::string other = R"({"id":"evt_7","type":"charge.updated","data":{"object":{}}})";
};

TEST_F(StripeNotice, tells_of_a_success) {
    charge("pm_card_visa");
    auto body = stripe.event("payment_intent.succeeded", "payment-1");
    auto notice = provider->read_notice(body, sign(body), now);
    EXPECT_EQ(notice.id, "evt_1");
    EXPECT_EQ(notice.charge, PaymentId{"payment-1"});
    EXPECT_TRUE(notice.outcome.succeeded);
    EXPECT_EQ(notice.outcome.reference, "pi_1");
}

TEST_F(StripeNotice, tells_of_a_decline) {
    charge("pm_card_chargeDeclinedExpiredCard");
    auto body = stripe.event("payment_intent.payment_failed", "payment-1");
    auto notice = provider->read_notice(body, sign(body), now);
    EXPECT_EQ(notice.charge, PaymentId{"payment-1"});
    EXPECT_FALSE(notice.outcome.succeeded);
    EXPECT_EQ(notice.outcome.reason, "This card has expired");
}

TEST_F(StripeNotice, tells_nothing_by_other_events_and_other_peoples_charges) {
    auto notice = provider->read_notice(other, sign(other), now);
    EXPECT_EQ(notice.id, "evt_7");
    EXPECT_FALSE(notice.charge);

    stripe.add_foreign_intents(1);
    auto body = stripe.event("payment_intent.succeeded", "");
    EXPECT_FALSE(provider->read_notice(body, sign(body), now).charge);
}

// Made by OpenSSL: printf '1767225600.%s' "$body" | openssl dgst -sha256 -hmac whsec_test
TEST_F(StripeNotice, is_signed_as_others_sign) {
    EXPECT_TRUE(
        genuine(other, "t=1767225600,v1=4e76fdd4fb97e2fd5b171a1db2d3c431fcf65101cec5c6b243244b83599ec955"));
}

TEST_F(StripeNotice, is_refused_when_it_is_forged) {
    EXPECT_FALSE(genuine(other, sign(other, now, "whsec_guessed")));
    EXPECT_FALSE(genuine(other + " ", sign(other)));
    EXPECT_FALSE(genuine(other, ""));
    EXPECT_FALSE(genuine(other, "t=1767225600"));
    EXPECT_FALSE(genuine(other, "t=1767225600,v1="));
    EXPECT_FALSE(genuine(other, "t=1767225600,v1=short"));
    auto of_a_second_later = sign(other);
    of_a_second_later.replace(2, 10, "1767225601");
    EXPECT_FALSE(genuine(other, of_a_second_later));
    auto of_no_time = sign(other);
    of_no_time.replace(2, 10, "now");
    EXPECT_FALSE(genuine(other, of_no_time));
}

TEST_F(StripeNotice, is_refused_when_it_is_played_again_late) {
    EXPECT_TRUE(genuine(other, sign(other, now - 5min)));
    EXPECT_FALSE(genuine(other, sign(other, now - 5min - 1s)));
    EXPECT_TRUE(genuine(other, sign(other, now + 5min)));
    EXPECT_FALSE(genuine(other, sign(other, now + 5min + 1s)));
}

TEST_F(StripeNotice, may_be_signed_by_several_secrets) {
    auto mine = sign(other);
    auto by_another = "t=1767225600,v1=" + hmac("1767225600." + other, "whsec_old");
    EXPECT_TRUE(genuine(other, by_another + mine.substr(mine.find(",v1="))));
    EXPECT_TRUE(genuine(other, mine + ",v0=old," + by_another.substr(by_another.find("v1="))));
    EXPECT_FALSE(genuine(other, by_another));
}

TEST_F(StripeNotice, is_refused_when_it_is_no_event) {
    for (std::string body : {"", "{", "{}", R"({"type":"payment_intent.succeeded"})"})
        EXPECT_FALSE(genuine(body, sign(body))) << body;
}

TEST_F(StripeNotice, is_not_found_without_a_secret) {
    provider = connect("");
    EXPECT_THROW((void)provider->read_notice(other, sign(other), now), NotFound);
}

}  // namespace
}  // namespace stagedoor::payments
