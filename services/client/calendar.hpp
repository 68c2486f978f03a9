// Times entered in a form, in the time zone of the event.
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

// IANA names of the zones to choose from.
[[nodiscard]] const std::vector<std::string>& offered_time_zones();

// The value of <input type="datetime-local">: "2026-05-02T19:30". Reading accepts seconds and ignores them. A
// time skipped by daylight saving becomes the end of the gap; an ambiguous one is the first. nullopt if
// invalid.
[[nodiscard]] std::string to_local_input(Instant instant, std::string_view zone);
[[nodiscard]] std::optional<Instant> from_local_input(std::string_view text, std::string_view zone);

}  // namespace stagedoor::client
