// Stripe, by its PaymentIntents (https://docs.stripe.com/api): one is made and confirmed in one call, without a
// step that would need the buyer again.
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
    std::string webhook_secret;  // empty: no notices are taken
};

// Stripe remembers a key for a day. A charge is therefore not to be asked for later than that after its attempt
// started, and is looked for in that time; refunds are looked up before they are made.
[[nodiscard]] std::unique_ptr<Provider> make_stripe_provider(StripeAccount account,
                                                             outbound::Transport& transport);

}  // namespace stagedoor::payments
