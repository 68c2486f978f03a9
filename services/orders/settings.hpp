// The settings of orders.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/service/settings.hpp"

namespace stagedoor::orders {

struct Settings {
    std::int64_t hold_seconds = 900;
    std::int64_t max_unpaid_orders = 3;  // per buyer

    [[nodiscard]] std::chrono::milliseconds time_to_pay() const { return std::chrono::seconds{hold_seconds}; }
};

[[nodiscard]] inline settings::Group settings_group() {
    return settings::Table<Settings>{{
        {"--hold-seconds", "STAGEDOOR_HOLD_SECONDS", "seconds that a buyer has to pay for an order",
         settings::whole(&Settings::hold_seconds, 1, 86'400)},
        {"--unpaid-orders", "STAGEDOOR_UNPAID_ORDERS", "unpaid orders a buyer may have at once",
         settings::whole(&Settings::max_unpaid_orders, 1, 1000)},
    }};
}

}  // namespace stagedoor::orders
