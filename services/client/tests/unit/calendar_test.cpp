#include "services/client/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::client {
namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

// What a form's value may mean, as texts.
std::vector<std::string> meanings(std::string_view text, std::string_view zone) {
    auto local = from_local_input(text, zone);
    std::vector<std::string> all;
    if (!local) return all;
    for (const auto& moment : local->moments) all.push_back(moment.instant.to_text());
    return all;
}
using Texts = std::vector<std::string>;

TEST(Calendar, offers_only_zones_that_exist) {
    for (const auto& zone : offered_time_zones()) EXPECT_TRUE(time_zones::find(zone)) << zone;
}

TEST(Calendar, offers_every_zone_and_every_old_name) {
    const auto& all = offered_time_zones();
    EXPECT_EQ(all.front(), "UTC");
    EXPECT_GT(all.size(), 400U);
    for (auto zone : {"Europe/Vienna", "Asia/Kolkata", "Asia/Calcutta", "Europe/Kyiv", "Europe/Kiev",
                      "America/Buenos_Aires", "America/Argentina/Buenos_Aires", "Pacific/Kiritimati",
                      "Australia/Lord_Howe", "US/Eastern", "Etc/GMT+5"}) {
        EXPECT_EQ(std::ranges::count(all, zone), 1) << zone;
    }
    for (auto zone : {"localtime", "Factory", "posixrules"})
        EXPECT_EQ(std::ranges::count(all, zone), 0) << zone;
}

TEST(Calendar, round_trips_through_a_form) {
    for (auto zone : {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles"}) {
        for (auto text :
             {"2026-05-02T17:30:00.000Z", "2026-12-31T23:59:00.000Z", "2028-02-29T00:00:00.000Z"}) {
            EXPECT_EQ(meanings(to_local_input(at(text), zone), zone), Texts{text}) << zone;
        }
    }
    EXPECT_EQ(to_local_input(at("2026-05-02T17:30:00Z"), "Europe/Berlin"), "2026-05-02T19:30");
    EXPECT_EQ(offset_at(at("2026-05-02T17:30:00Z"), "Europe/Berlin"), "+02:00");
    EXPECT_EQ(offset_at(at("2026-05-02T17:30:00Z"), "America/St_Johns"), "-02:30");
    EXPECT_EQ(offset_at(at("2026-05-02T17:30:00Z"), "nowhere"), "+00:00");
}

TEST(Calendar, keeps_seconds_that_are_entered) {
    EXPECT_EQ(meanings("2026-05-02T19:30:15", "Europe/Berlin"), Texts{"2026-05-02T17:30:15.000Z"});
    EXPECT_EQ(meanings("2026-05-02T19:30:45.123", "UTC"), Texts{"2026-05-02T19:30:45.123Z"});
    EXPECT_EQ(meanings("2026-05-02T19:30:45.5", "UTC"), Texts{"2026-05-02T19:30:45.500Z"});
    EXPECT_EQ(meanings("2026-05-02T19:30:45.123999", "UTC"), Texts{"2026-05-02T19:30:45.123Z"});
}

TEST(Calendar, offers_an_hour_that_occurs_twice_twice) {
    EXPECT_EQ(meanings("2027-10-31T02:30", "Europe/Vienna"),
              (Texts{"2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"}));
    EXPECT_EQ(meanings("2027-11-07T01:30", "America/New_York"),
              (Texts{"2027-11-07T05:30:00.000Z", "2027-11-07T06:30:00.000Z"}));
    EXPECT_EQ(meanings("2027-04-04T01:45", "Australia/Lord_Howe"),  // set back by half an hour
              (Texts{"2027-04-03T14:45:00.000Z", "2027-04-03T15:15:00.000Z"}));
    auto twice = from_local_input("2027-10-31T02:30", "Europe/Vienna").value();
    EXPECT_EQ(twice.moments[0].offset, "+02:00");
    EXPECT_EQ(twice.moments[0].label, "02:30 CEST (UTC+02:00)");
    EXPECT_EQ(twice.moments[1].label, "02:30 CET (UTC+01:00)");
}

TEST(Calendar, finds_no_moment_in_an_hour_that_does_not_exist) {
    auto skipped = from_local_input("2027-03-28T02:30", "Europe/Vienna").value();
    EXPECT_TRUE(skipped.moments.empty());
    EXPECT_EQ(skipped.gap_begin, "02:00");
    EXPECT_EQ(skipped.gap_end, "03:00");
    EXPECT_EQ(meanings("2027-03-28T01:59", "Europe/Vienna"), Texts{"2027-03-28T00:59:00.000Z"});
    EXPECT_EQ(meanings("2027-03-28T03:00", "Europe/Vienna"), Texts{"2027-03-28T01:00:00.000Z"});
    EXPECT_TRUE(from_local_input("2011-12-30T12:00", "Pacific/Apia").value().moments.empty())
        << "a whole day";
}

TEST(Calendar, reaches_the_last_instant_in_every_zone) {
    auto last = at("9999-12-31T12:00:00Z");
    auto text = to_local_input(last, "Pacific/Kiritimati");
    EXPECT_EQ(text, "10000-01-01T02:00");
    EXPECT_EQ(meanings(text, "Pacific/Kiritimati"), Texts{last.to_text()});
    EXPECT_EQ(meanings("1969-12-31T19:00", "America/New_York"), Texts{"1970-01-01T00:00:00.000Z"});
    EXPECT_FALSE(from_local_input("10000-01-01T02:00", "UTC"));
    EXPECT_FALSE(from_local_input("70000-01-01T02:00", "UTC"));
    EXPECT_FALSE(from_local_input("9999-12-31T23:00", "America/New_York"));
    EXPECT_FALSE(from_local_input("1970-01-01T00:00", "Europe/Vienna"));
}

TEST(Calendar, rejects_invalid_times) {
    for (auto text : {"",
                      "2026",
                      "2026-05-02",
                      "2026-13-02T19:30",
                      "2026-02-30T19:30",
                      "2026-05-02T24:30",
                      "2026-05-02T19:60",
                      "2026-05-02X19:30",
                      "20260502T1930",
                      "tomorrow at seven",
                      "-026-05-02T19:30",
                      "2026-05-02T19:30Z",
                      "1969-12-31T23:59",
                      "2026-05-02T19:30 and then some",
                      "2026-05-02T19:30:99",
                      "2026-05-02T19:30:60",
                      "2026-05-02T19:30:xx",
                      "2026-05-02T19:30:",
                      "2026-05-02T19:30:4",
                      "2026-05-02T19:30:45.",
                      "2026-05-02T19:30:45.x",
                      "2026-05-02T19:30:45Z",
                      "2026-05-02T19:30:45+02:00",
                      "2026-05-02T19:30:45.1234567890"}) {
        EXPECT_FALSE(from_local_input(text, "UTC")) << text;
    }
}

}  // namespace
}  // namespace stagedoor::client
