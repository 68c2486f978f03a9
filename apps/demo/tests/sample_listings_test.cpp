#include "apps/demo/sample_listings.hpp"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <string>
#include <tuple>

namespace stagedoor::demo {
namespace {

constexpr auto day = std::chrono::milliseconds{std::chrono::days{1}};

struct Local {
    date::year_month_day date;
    unsigned weekday;
};

Local local_date(const SampleListing& listing, Instant at) {
    date::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{at.milliseconds}};
    auto days = date::floor<date::days>(date::locate_zone(std::string{listing.time_zone})->to_local(time));
    return {date::year_month_day{days}, date::weekday{days}.c_encoding()};
}

// Calls `f(listing, starts_at, local date, now)` for each listing, created on each day of four years.
void for_each_creation(const auto& f) {
    auto first = *Instant::parse("2026-01-01T23:30:00Z");
    for (int i = 0; i < 4 * 366; ++i) {
        auto now = first + day * i;
        for (const auto& seller : sample_sellers()) {
            for (const auto& listing : seller.listings) {
                auto at = starts_at(listing, now);
                f(listing, at, local_date(listing, at), now);
            }
        }
    }
}

const SampleListing& listing_called(std::string_view title) {
    for (const auto& seller : sample_sellers()) {
        for (const auto& listing : seller.listings) {
            if (listing.title == title) return listing;
        }
    }
    throw std::runtime_error("no listing " + std::string{title});
}

TEST(SampleListings, take_place_on_the_day_that_their_title_names) {
    constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
    for_each_creation([&](const SampleListing& listing, Instant, const Local& local, Instant) {
        for (unsigned i = 0; i < weekdays.size(); ++i) {
            if (listing.title.find(weekdays[i]) != std::string_view::npos)
                ASSERT_EQ(local.weekday, i) << listing.title;
        }
        auto called = [&](std::string_view part) {
            return listing.title.find(part) != std::string_view::npos;
        };
        auto month = local.date.month();
        if (called("New Year's Eve")) ASSERT_EQ(local.date, local.date.year() / date::dec / 31);
        if (called("New Year's Matinee")) ASSERT_EQ(local.date, local.date.year() / date::jan / 1);
        if (called("Boxing Day")) ASSERT_EQ(local.date, local.date.year() / date::dec / 26);
        if (called("Christmas")) ASSERT_TRUE(month == date::dec && local.date.day() <= date::day{24});
        if (called("Winter Bout") || called("Winter Classics"))
            ASSERT_TRUE(month == date::dec || month == date::jan || month == date::feb) << listing.title;
    });
}

TEST(SampleListings, take_place_in_the_future_and_within_a_year) {
    for_each_creation([](const SampleListing& listing, Instant at, const Local&, Instant now) {
        auto is_tonight = listing.date.days_ahead == 0;
        ASSERT_GE(at, now + (is_tonight ? std::chrono::hours{1} : day)) << listing.title;
        ASSERT_LT(at, now + day * 370) << listing.title;
    });
}

TEST(SampleListings, have_one_tonight_until_an_hour_before_it_begins) {
    auto starts = [](const char* now) {
        return starts_at(listing_called("Northlight Quartet: Late Set"), *Instant::parse(now)).to_text();
    };
    for (auto now : {"2026-07-01T00:00:00Z", "2026-07-01T12:30:00Z", "2026-07-01T21:00:00Z"})
        EXPECT_EQ(starts(now), "2026-07-01T22:00:00.000Z") << now;
    EXPECT_EQ(starts("2026-07-01T21:00:01Z"), "2026-07-02T22:00:00.000Z");
}

TEST(SampleListings, have_an_event_of_two_sellers) {
    auto now = *Instant::parse("2026-01-01T10:00:00Z");
    std::map<std::tuple<std::string_view, std::string_view, std::string_view, Instant>, int> sellers;
    for (const auto& seller : sample_sellers()) {
        for (const auto& listing : seller.listings)
            ++sellers[{listing.title, listing.venue, listing.city, starts_at(listing, now)}];
    }
    EXPECT_EQ(std::ranges::count(sellers | std::views::values, 2), 1);
}

TEST(SampleListings, of_several_days_keep_their_distance) {
    auto distance = [](std::string_view from, std::string_view to, Instant now) {
        auto between = starts_at(listing_called(to), now) - starts_at(listing_called(from), now);
        return std::chrono::round<std::chrono::days>(between).count();
    };
    for (int i = 0; i < 366; ++i) {
        auto now = *Instant::parse("2026-01-01T10:00:00Z") + day * i;
        ASSERT_EQ(distance("Harbour Sound Festival: Weekend Pass", "Harbour Sound Festival: Saturday", now),
                  1);
        ASSERT_EQ(distance("Harbour Sound Festival: Saturday", "Harbour Sound Festival: Sunday", now), 1);
        ASSERT_EQ(distance("Velodrome Six Days, Night 1", "Velodrome Six Days, Final", now), 5);
        ASSERT_EQ(distance("Northlight Quartet: Bartók Complete, Evening 1",
                           "Northlight Quartet: Bartók Complete, Evening 2", now),
                  1);
        ASSERT_EQ(distance("Lakeshore 5K and Pancakes", "Lakeshore Marathon: Start Place", now), 1);
        ASSERT_EQ(distance("Outdoor Opera: La Traviata", "Lawn Seats: La Traviata", now), 0);
    }
}

}  // namespace
}  // namespace stagedoor::demo
