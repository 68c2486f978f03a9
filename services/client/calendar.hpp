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

// All IANA names of time zones, links included ("Asia/Calcutta"): browsers report either. UTC first.
[[nodiscard]] const std::vector<std::string>& offered_time_zones();

// The value of <input type="datetime-local">: "2026-05-02T19:30".
[[nodiscard]] std::string to_local_input(Instant instant, std::string_view zone);
// The offset from UTC at that time: "+02:00".
[[nodiscard]] std::string offset_at(Instant instant, std::string_view zone);

// What such a value means in a zone.
struct LocalTime {
    struct Moment {
        Instant instant;
        std::string offset;  // "+02:00"
        std::string label;   // "01:30 CEST (UTC+02:00)"
    };
    // One; two, in order, if the clocks are set back over it; none if they are set forward over it.
    std::vector<Moment> moments;
    std::string gap_begin, gap_end;  // local clock times of the gap: "02:00", "03:00"
    std::string clock;               // "02:30"
    Instant day;                     // any time of that day, as if the zone were UTC
};
// Seconds and decimals are accepted. nullopt if it is not a time, or outside the years 1970 to 9999.
[[nodiscard]] std::optional<LocalTime> from_local_input(std::string_view text, std::string_view zone);

}  // namespace stagedoor::client
