#include "services/payments/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::payments {
namespace {

struct PaymentsSettings : testing::SettingsTest {
    PaymentsSettings() : SettingsTest({{"payments", settings_group()}}) {}
    Settings own(std::vector<std::string> flags = {}) {
        return std::any_cast<Settings>(valid(std::move(flags)).services.at("payments"));
    }
};

TEST_F(PaymentsSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

TEST_F(PaymentsSettings, take_fees_exactly) {
    EXPECT_EQ(own({"--fee-percent", "2.5"}).fee_basis_points, 250);
    EXPECT_EQ(own({"--fee-percent", "0.07"}).fee_basis_points, 7);
    EXPECT_EQ(own({"--fee-percent", "50"}).fee_basis_points, 5000);
    for (auto text : {"50.01", "-1", "1.234", "two"})
        EXPECT_NE(problem({"--fee-percent", text}).find("from 0 to 50"), std::string::npos) << text;
}

TEST_F(PaymentsSettings, need_the_keys_of_stripe_together) {
    EXPECT_EQ(
        problems({"--payment-provider", "stripe"}),
        (std::vector<std::string>{"STRIPE_SECRET_KEY is missing", "--stripe-publishable-key is missing"}));
    testing::Environment keys{{{"STRIPE_SECRET_KEY", "sk_test"}, {"STRIPE_PUBLISHABLE_KEY", "pk_test"}}};
    EXPECT_EQ(own({"--payment-provider", "stripe"}).provider, ProviderKind::stripe);
    EXPECT_NE(problem({"--payment-provider", "paypal"}), "");
}

// Otherwise a public marketplace would sell tickets for test cards.
TEST_F(PaymentsSettings, use_the_test_provider_unasked_only_where_nobody_else_can_reach_it) {
    EXPECT_EQ(own().provider, std::nullopt);
    EXPECT_EQ(own({"--public-url", "http://localhost:8080"}).provider, std::nullopt);
    const std::vector<std::vector<std::string>> public_programs{
        {"--public-url", "https://tickets.example"},
        {"--address", "0.0.0.0"},
        {"--address", "::"},
        {"--address", "192.0.2.1", "--public-url", "http://localhost"}};
    for (auto flags : public_programs) {
        EXPECT_EQ(problem(flags),
                  "--payment-provider is missing: visitors could buy with test cards, since others can reach "
                  "this program; choose stripe, or test if no money is to move");
        flags.insert(flags.end(), {"--payment-provider", "test"});
        EXPECT_EQ(own(flags).provider, ProviderKind::test);
    }
}

TEST_F(PaymentsSettings, send_keys_unencrypted_to_this_machine_only) {
    EXPECT_NE(problem({"--stripe-url", "http://stripe.example"}), "");
    EXPECT_EQ(own({"--stripe-url", "http://127.0.0.1:4242/"}).stripe_url, "http://127.0.0.1:4242");
    for (auto url : {"https://", "https://:443", "https://key@stripe.example", "https://stripe.example:0",
                     "http://127.0.0.1:4242@stripe.example", "http://localhost:80.example"})
        EXPECT_NE(problem({"--stripe-url", url}), "") << url;
}

}  // namespace
}  // namespace stagedoor::payments
