#include "common/time_zones/time_zones.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stagedoor::time_zones {
namespace {

std::int64_t day(std::string_view text) { return Instant::parse(text)->milliseconds / 86'400'000; }

TEST(TimeZones, have_every_name_of_the_iana_database_links_included) {
    EXPECT_GT(names().size(), 500u);
    EXPECT_TRUE(std::ranges::is_sorted(names()));
    for (auto name : {"Europe/Vienna", "Asia/Calcutta", "Asia/Kolkata", "Europe/Kiev", "Europe/Kyiv",
                      "America/Buenos_Aires", "America/Argentina/Buenos_Aires", "US/Pacific", "UTC", "GMT",
                      "Etc/GMT+5", "Pacific/Kiritimati", "Asia/Saigon", "EST5EDT", "America/Indiana/Knox"}) {
        EXPECT_TRUE(find(name)) << name;
        EXPECT_TRUE(std::ranges::binary_search(names(), name)) << name;
    }
    for (const auto& name : names()) EXPECT_TRUE(find(name)) << name;
}

TEST(TimeZones, have_no_other_names) {
    for (auto name :
         {"", "localtime", "posixrules", "posix/Europe/Vienna", "right/UTC", "europe/vienna", "Europe",
          "Mars/Base", "../localtime", "zone.tab", "tzdata.zi", "+02:00", "Europe/Vienna "}) {
        EXPECT_FALSE(find(name)) << name;
    }
}

TEST(TimeZones, know_the_date_at_a_place) {
    auto first_of_june = day("2027-06-01T00:00:00Z");
    EXPECT_EQ(local_day(*Instant::parse("2027-06-02T01:00:00Z"), "America/New_York"), first_of_june);
    EXPECT_EQ(local_day(*Instant::parse("2027-05-31T23:30:00Z"), "Asia/Tokyo"), first_of_june);
    EXPECT_EQ(local_day(*Instant::parse("2027-05-31T22:30:00Z"), "Europe/Vienna"), first_of_june);
    EXPECT_EQ(local_day(*Instant::parse("2027-06-01T23:59:59.999Z"), ""), first_of_june);
    EXPECT_EQ(local_day(*Instant::parse("2027-06-01T00:00:00Z"), "localtime"), first_of_june);
    EXPECT_EQ(local_day(*Instant::parse("1970-01-01T00:00:00Z"), "America/New_York"), -1);
    EXPECT_EQ(local_day(*Instant::parse("9999-12-31T20:00:00Z"), "Pacific/Kiritimati"),
              day("9999-12-31T00:00:00Z") + 1);
}

}  // namespace
}  // namespace stagedoor::time_zones
