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

TEST_F(PaymentsSettings, send_keys_unencrypted_to_this_machine_only) {
    EXPECT_NE(problem({"--stripe-url", "http://stripe.example"}), "");
    EXPECT_EQ(own({"--stripe-url", "http://127.0.0.1:4242/"}).stripe_url, "http://127.0.0.1:4242");
    for (auto url : {"https://", "https://:443", "https://key@stripe.example", "https://stripe.example:0",
                     "http://127.0.0.1:4242@stripe.example", "http://localhost:80.example"})
        EXPECT_NE(problem({"--stripe-url", url}), "") << url;
}

}  // namespace
}  // namespace stagedoor::payments
