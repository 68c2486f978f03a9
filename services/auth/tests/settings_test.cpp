#include "services/auth/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::auth {
namespace {

struct AuthSettings : testing::SettingsTest {
    AuthSettings() : SettingsTest({{"auth", settings_group()}}) {}
};

TEST_F(AuthSettings, reject_a_previous_secret_that_is_still_the_current_one) {
    Settings settings{.jwt_key_secret = "a secret of good length",
                      .jwt_key_secret_previous = "a secret of good length"};
    std::vector<std::string> problems;
    check_settings(settings, {}, problems);
    EXPECT_EQ(problems.size(), 1U);
    settings.jwt_key_secret = "another secret of good length";
    problems.clear();
    check_settings(settings, {}, problems);
    EXPECT_TRUE(problems.empty());
}

TEST_F(AuthSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

}  // namespace
}  // namespace stagedoor::auth
