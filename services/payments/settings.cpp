#include "services/payments/settings.hpp"

#include "common/service/settings.hpp"
#include "contracts/money.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::int64_t max_fee_basis_points = 50'00;

// "2.5" percent is 250 basis points: two decimals, as of an amount of money.
settings::Value<Settings> fee_percent() {
    return {[](Settings& to, const std::string& text) -> std::string {
                auto percent = Money::parse(text, Currency{});
                if (!percent || percent->minor > max_fee_basis_points)
                    return "must be a percentage from 0 to 50, with at most two decimals";
                to.fee_basis_points = percent->minor;
                return {};
            },
            [](const Settings& from) { return settings::decimal_text(from.fee_basis_points * 10); },
            "0 to 50"};
}

// Keys don't go out unencrypted, except to this machine.
std::string check_stripe_url(std::string& url) {
    auto is_safe =
        url.starts_with("https://") || (url.starts_with("http://") && settings::is_loopback_url(url));
    if (!is_safe) return "must begin with https:// (http:// only to this machine)";
    if (!settings::has_host(url) || url.find_first_of("@?# ") != std::string::npos)
        return "must look like https://api.stripe.com";
    if (url.ends_with('/')) url.pop_back();
    return {};
}

settings::Value<Settings> provider() {
    return {[](Settings& to, const std::string& text) -> std::string {
                if (text != "test" && text != "stripe") return "must be test or stripe";
                to.provider = text == "test" ? ProviderKind::test : ProviderKind::stripe;
                return {};
            },
            [](const Settings&) { return std::string{}; }, "test or stripe"};
}

// With the test provider everybody can buy everything.
void check(const Settings& own, const ProgramSettings& program, std::vector<std::string>& problems) {
    if (!own.provider && !program.is_local() && !program.demo) {
        problems.emplace_back(
            "--payment-provider is missing: visitors could buy with test cards, since others can reach this "
            "program; choose stripe, or test if no money is to move");
    }
    if (own.provider != ProviderKind::stripe) return;
    if (own.stripe_secret_key.empty()) problems.emplace_back("STRIPE_SECRET_KEY is missing");
    if (own.stripe_publishable_key.empty()) problems.emplace_back("--stripe-publishable-key is missing");
}

}  // namespace

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--payment-provider", "STAGEDOOR_PAYMENT_PROVIDER",
             "who charges the buyers: test (built in, no money moves) or stripe; needed unless only this "
             "machine can reach the program, or with --demo: then test",
             provider()},
            {"--fee-percent", "STAGEDOOR_FEE_PERCENT",
             "the marketplace's share of each ticket's price, with at most two decimals", fee_percent()},
            {"--stripe-url", "STAGEDOOR_STRIPE_URL", "base URL of Stripe's API",
             settings::checked_text(&Settings::stripe_url, check_stripe_url)},
            {"--stripe-publishable-key", "STRIPE_PUBLISHABLE_KEY",
             "Stripe's publishable key, used in browsers",
             settings::any_text(&Settings::stripe_publishable_key)},
            {"", "STRIPE_SECRET_KEY", "Stripe's secret key", settings::any_text(&Settings::stripe_secret_key),
             Kind::secret},
            {"", "STRIPE_WEBHOOK_SECRET", "verifies Stripe's webhooks; without it they are refused",
             settings::any_text(&Settings::stripe_webhook_secret), Kind::secret},
        },
        check,
        {}};
}

}  // namespace stagedoor::payments
