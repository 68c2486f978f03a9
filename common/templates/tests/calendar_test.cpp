#include "common/templates/calendar.hpp"

#include <gtest/gtest.h>

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::templates {
namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

TEST(Calendar, formats_times_in_the_time_zone_of_the_event) {
    auto evening = at("2026-05-02T17:30:00Z");
    EXPECT_EQ(day_and_time(evening, "Europe/Berlin"), "Sat 2 May 2026, 19:30");
    EXPECT_EQ(day_and_time(evening, "America/New_York"), "Sat 2 May 2026, 13:30");
    EXPECT_EQ(day_and_time(evening, "Asia/Tokyo"), "Sun 3 May 2026, 02:30");
    EXPECT_EQ(day_and_time(evening, "UTC"), "Sat 2 May 2026, 17:30");
    EXPECT_EQ(zone_note(evening, "Europe/Berlin"), "CEST");
    EXPECT_EQ(zone_note(at("2026-12-02T17:30:00Z"), "Europe/Berlin"), "CET");
    EXPECT_EQ(date_only(evening, "Asia/Tokyo"), "3 May 2026");
    EXPECT_EQ(day_of(evening, "Asia/Tokyo").weekday, "Sun");
}

TEST(Calendar, treats_an_unknown_zone_as_utc) {
    auto evening = at("2026-05-02T17:30:00Z");
    for (auto zone : {"", "Nowhere/Land", "../etc/passwd", "Europe/Berlin\n"}) {
        EXPECT_EQ(day_and_time(evening, zone), "Sat 2 May 2026, 17:30") << zone;
        EXPECT_FALSE(time_zones::find(zone)) << zone;
    }
}

}  // namespace
}  // namespace stagedoor::templates
