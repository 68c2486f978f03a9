// Formats times for people, in the time zone of the event (an IANA name such as Europe/Berlin).
#pragma once

#include <string>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::templates {

// The parts of a date that a ticket's stub shows separately.
struct Day {
    std::string weekday, day, month;  // "Sat", "2", "May"
};

// All of these treat an unknown zone as UTC.
[[nodiscard]] Day day_of(Instant instant, std::string_view zone);
[[nodiscard]] std::string day_and_time(Instant instant, std::string_view zone);  // "Sat 2 May 2026, 19:30"
[[nodiscard]] std::string date_only(Instant instant, std::string_view zone);     // "2 May 2026"
[[nodiscard]] std::string clock_time(Instant instant, std::string_view zone);    // "19:30"
[[nodiscard]] std::string zone_note(Instant instant, std::string_view zone);     // "CEST", "UTC": on that day

}  // namespace stagedoor::templates
