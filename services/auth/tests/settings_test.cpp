#include "services/auth/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::auth {
namespace {

struct AuthSettings : testing::SettingsTest {
    AuthSettings() : SettingsTest({{"auth", settings_group()}}) {}
};

TEST_F(AuthSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

}  // namespace
}  // namespace stagedoor::auth
