// Times as people type them into a form, in the time zone of the event.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/templates/calendar.hpp"

namespace stagedoor::client {

using templates::clock_time;
using templates::date_only;
using templates::day_and_time;
using templates::day_of;
using templates::zone_note;

// The zones that a form offers, by name.
[[nodiscard]] const std::vector<std::string>& offered_time_zones();

// What <input type="datetime-local"> shows and sends: "2026-05-02T19:30". Reading takes seconds too; a time
// that summer time skips becomes the moment after the gap, one that comes twice is the first; nullopt for
// anything else.
[[nodiscard]] std::string to_local_input(Instant instant, std::string_view zone);
[[nodiscard]] std::optional<Instant> from_local_input(std::string_view text, std::string_view zone);

}  // namespace stagedoor::client
