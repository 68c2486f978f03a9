#include "services/orders/settings.hpp"

#include "common/service/settings.hpp"

namespace stagedoor::orders {

settings::Group settings_group() {
    return settings::Table<Settings>{{
        {"--hold-seconds", "STAGEDOOR_HOLD_SECONDS", "seconds that a buyer has to pay for an order",
         settings::whole(&Settings::hold_seconds, 1, 86'400)},
        {"--unpaid-orders", "STAGEDOOR_UNPAID_ORDERS", "unpaid orders a buyer may have at once",
         settings::whole(&Settings::max_unpaid_orders, 1, 1000)},
        {"--return-days", "STAGEDOOR_RETURN_DAYS",
         "days that buyers can return tickets after the seller changes the event; 0: never",
         settings::whole(&Settings::return_days, 0, 365)},
    }};
}

}  // namespace stagedoor::orders
