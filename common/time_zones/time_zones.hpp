// The time zones of the IANA database, from the system's copy, which is read once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/instant.hpp"

namespace date {
class time_zone;
}

namespace stagedoor::time_zones {

// All names, sorted: zones and links ("Asia/Calcutta" for Asia/Kolkata). Names that only this machine gives a
// meaning, such as "localtime", are not among them.
[[nodiscard]] const std::vector<std::string>& names();

// nullptr if names() does not contain `name`.
[[nodiscard]] const date::time_zone* find(std::string_view name);

// The date in that zone, as days since 1970-01-01; in UTC if there is no such zone.
[[nodiscard]] std::int64_t local_day(Instant instant, std::string_view zone);

// Such a day as a date: "2026-11-30".
[[nodiscard]] std::string day_text(std::int64_t day);

}  // namespace stagedoor::time_zones
