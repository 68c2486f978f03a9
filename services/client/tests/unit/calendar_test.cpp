#include "services/client/calendar.hpp"

#include <gtest/gtest.h>

namespace stagedoor::client {
namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

TEST(Calendar, offers_only_zones_that_exist) {
    for (const auto& zone : offered_time_zones()) EXPECT_TRUE(templates::is_time_zone(zone)) << zone;
}

TEST(Calendar, round_trips_through_a_form) {
    for (auto zone : {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles"}) {
        for (auto text : {"2026-05-02T17:30:00Z", "2026-12-31T23:59:00Z", "2028-02-29T00:00:00Z"}) {
            EXPECT_EQ(from_local_input(to_local_input(at(text), zone), zone), at(text))
                << zone << " " << text;
        }
    }
    EXPECT_EQ(to_local_input(at("2026-05-02T17:30:00Z"), "Europe/Berlin"), "2026-05-02T19:30");
    EXPECT_EQ(from_local_input("2026-05-02T19:30:15", "Europe/Berlin"), at("2026-05-02T17:30:00Z"));
}

TEST(Calendar, handles_hours_that_daylight_saving_skips_or_repeats) {
    EXPECT_EQ(from_local_input("2026-03-29T02:30", "Europe/Berlin"),
              at("2026-03-29T01:00:00Z"));  // skipped: the end of the gap
    EXPECT_EQ(from_local_input("2026-10-25T02:30", "Europe/Berlin"),
              at("2026-10-25T00:30:00Z"));  // ambiguous: the first
}

TEST(Calendar, rejects_invalid_times) {
    for (auto text :
         {"", "2026", "2026-05-02", "2026-13-02T19:30", "2026-02-30T19:30", "2026-05-02T24:30",
          "2026-05-02T19:60", "2026-05-02X19:30", "20260502T1930", "tomorrow at seven", "-026-05-02T19:30",
          "2026-05-02T19:30Z", "1969-12-31T23:59", "2026-05-02T19:30 and then some"}) {
        EXPECT_FALSE(from_local_input(text, "UTC")) << text;
    }
}

}  // namespace
}  // namespace stagedoor::client
