// What can be set about payments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace stagedoor::settings {
class Group;
}

namespace stagedoor::payments {

// Who charges the buyers: the built-in test provider, or Stripe.
enum class ProviderKind { test, stripe };

struct Settings {
    // Not set: the test provider, which settings_group() then accepts only for programs that nobody else can
    // reach and for --demo.
    std::optional<ProviderKind> provider;
    std::int64_t fee_basis_points = 0;  // the marketplace's share of each ticket's price, in 1/10,000
    std::string stripe_url = "https://api.stripe.com";
    std::string stripe_secret_key, stripe_publishable_key, stripe_webhook_secret;
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::payments
