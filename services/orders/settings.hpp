// The settings of orders.
#pragma once

#include <chrono>
#include <cstdint>

namespace stagedoor::settings {
class Group;
}

namespace stagedoor::orders {

struct Settings {
    std::int64_t hold_seconds = 900;
    std::int64_t max_unpaid_orders = 3;  // per buyer
    std::int64_t return_days = 14;

    [[nodiscard]] std::chrono::milliseconds time_to_pay() const { return std::chrono::seconds{hold_seconds}; }
    // How long buyers can return tickets after the seller has changed the event.
    [[nodiscard]] std::chrono::milliseconds return_time() const { return std::chrono::days{return_days}; }
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::orders
