#include "services/orders/settings.hpp"

#include "testing/service/settings_test.hpp"

namespace stagedoor::orders {
namespace {

struct OrdersSettings : testing::SettingsTest {
    OrdersSettings() : SettingsTest({{"orders", settings_group()}}) {}
};

TEST_F(OrdersSettings, show_the_defaults_that_apply) { expect_shown_defaults_to_apply(); }

}  // namespace
}  // namespace stagedoor::orders
