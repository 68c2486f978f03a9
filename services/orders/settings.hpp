// The settings of orders.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/service/settings.hpp"

namespace stagedoor::orders {

struct Settings {
    std::int64_t hold_seconds = 900;
    std::int64_t max_unpaid_orders = 3;  // per buyer
    std::int64_t return_days = 14;

    [[nodiscard]] std::chrono::milliseconds time_to_pay() const { return std::chrono::seconds{hold_seconds}; }
    // How long after a seller's change of what was bought its buyers can return their tickets.
    [[nodiscard]] std::chrono::milliseconds return_time() const { return std::chrono::days{return_days}; }
};

[[nodiscard]] inline settings::Group settings_group() {
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
