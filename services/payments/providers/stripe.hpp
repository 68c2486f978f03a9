// Stripe, through PaymentIntents (https://docs.stripe.com/api): created and confirmed in one call, without a
// step that needs the buyer again.
#pragma once

#include <memory>
#include <string>

#include "common/outbound/outbound.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments {

struct StripeAccount {
    std::string url;  // "https://api.stripe.com"
    std::string secret_key;
    std::string publishable_key;
    std::string webhook_secret;  // empty: webhooks are not accepted
};

// Stripe remembers a key for a day: charge() must not be called later than that after the attempt started,
// and find() searches that period. Refunds are looked up before they are made.
[[nodiscard]] std::unique_ptr<Provider> make_stripe_provider(StripeAccount account,
                                                             outbound::Transport& transport);

}  // namespace stagedoor::payments
