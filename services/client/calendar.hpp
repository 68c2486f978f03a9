// Times as people read and type them, in the time zone of the event (an IANA name such as Europe/Berlin).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/instant.hpp"

namespace stagedoor::client {

[[nodiscard]] bool is_time_zone(std::string_view name);

// The zones that a form offers, by name.
[[nodiscard]] const std::vector<std::string>& offered_time_zones();

// The parts of a date that a ticket's stub shows apart.
struct Day {
    std::string weekday, day, month;  // "Sat", "2", "May"
};

// An unknown zone is read as UTC.
[[nodiscard]] Day day_of(Instant instant, std::string_view zone);
[[nodiscard]] std::string day_and_time(Instant instant, std::string_view zone);  // "Sat 2 May 2026, 19:30"
[[nodiscard]] std::string date_only(Instant instant, std::string_view zone);     // "2 May 2026"
[[nodiscard]] std::string clock_time(Instant instant, std::string_view zone);    // "19:30"
[[nodiscard]] std::string zone_note(Instant instant, std::string_view zone);  // "CEST", "UTC"; as of that day

// What <input type="datetime-local"> shows and sends: "2026-05-02T19:30". Reading takes seconds too; a time
// that summer time skips becomes the moment after the gap, one that comes twice is the first; nullopt for
// anything else.
[[nodiscard]] std::string to_local_input(Instant instant, std::string_view zone);
[[nodiscard]] std::optional<Instant> from_local_input(std::string_view text, std::string_view zone);

}  // namespace stagedoor::client
