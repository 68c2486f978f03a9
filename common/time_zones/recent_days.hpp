// The last days in a time zone, for figures by day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "contracts/instant.hpp"

namespace stagedoor::time_zones {

// A database that knows no time zones sums quarters of an hour, since every zone's days begin with one; these
// are then added up here.
struct RecentDays {
    static constexpr std::int64_t quarter_ms = 15 * 60 * 1000;

    Instant now;
    std::int64_t count = 30;  // today is the last
    std::string zone = "UTC";

    [[nodiscard]] std::int64_t first() const;  // as local_day() numbers them
    // Before the first has begun, in whichever zone: up to two days earlier.
    [[nodiscard]] Instant since() const { return now - std::chrono::days{count + 1}; }
    // The day of a quarter, numbered since 1970; nullopt if it is before the first.
    [[nodiscard]] std::optional<std::int64_t> day_of_quarter(std::int64_t number) const;
};

}  // namespace stagedoor::time_zones
