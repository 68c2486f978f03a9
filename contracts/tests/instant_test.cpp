#include "contracts/instant.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <ctime>

namespace stagedoor {
namespace {

constexpr std::int64_t end_of_9999 = 253'402'300'800'000;

std::int64_t read(std::string_view text) {
    auto instant = Instant::parse(text);
    EXPECT_TRUE(instant) << text;
    return instant ? instant->milliseconds : -1;
}

// Seconds since 1970 by the C library, to compare our arithmetic with.
std::int64_t seconds_of(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
    std::tm parts{};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = hour;
    parts.tm_min = minute;
    parts.tm_sec = second;
    return ::timegm(&parts);
}

TEST(Instant, is_written_in_utc_with_milliseconds) {
    EXPECT_EQ(Instant{}.to_text(), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(Instant{1'777'663'800'000}.to_text(), "2026-05-01T19:30:00.000Z");
    EXPECT_EQ(Instant{1'777'663'800'007}.to_text(), "2026-05-01T19:30:00.007Z");
    EXPECT_EQ(Instant{end_of_9999 - 1}.to_text(), "9999-12-31T23:59:59.999Z");
}

TEST(Instant, is_read_with_any_offset) {
    auto noon = seconds_of(2026, 5, 1, 12) * 1000;
    EXPECT_EQ(read("2026-05-01T12:00:00Z"), noon);
    EXPECT_EQ(read("2026-05-01t12:00:00z"), noon);
    EXPECT_EQ(read("2026-05-01T12:00:00+00:00"), noon);
    EXPECT_EQ(read("2026-05-01T12:00:00-00:00"), noon);
    EXPECT_EQ(read("2026-05-01T14:00:00+02:00"), noon);
    EXPECT_EQ(read("2026-05-01T17:45:00+05:45"), noon);
    EXPECT_EQ(read("2026-05-01T02:30:00-09:30"), noon);
    EXPECT_EQ(read("2026-05-02T11:59:00+23:59"), noon);
    EXPECT_EQ(read("2026-04-30T12:01:00-23:59"), noon);
}

TEST(Instant, keeps_milliseconds_and_truncates_the_rest) {
    auto whole = read("2026-05-01T12:00:00Z");
    EXPECT_EQ(read("2026-05-01T12:00:00.5Z"), whole + 500);
    EXPECT_EQ(read("2026-05-01T12:00:00.05Z"), whole + 50);
    EXPECT_EQ(read("2026-05-01T12:00:00.005Z"), whole + 5);
    EXPECT_EQ(read("2026-05-01T12:00:00.0059999Z"), whole + 5);
    EXPECT_EQ(read("2026-05-01T12:00:00.999999999Z"), whole + 999);
}

TEST(Instant, knows_leap_years) {
    EXPECT_EQ(read("2024-02-29T00:00:00Z"), seconds_of(2024, 2, 29) * 1000);
    EXPECT_EQ(read("2000-02-29T00:00:00Z"), seconds_of(2000, 2, 29) * 1000);
    EXPECT_EQ(read("2024-03-01T00:00:00Z") - read("2024-02-28T00:00:00Z"), 2 * 86'400'000);
    for (auto wrong : {"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z"})
        EXPECT_FALSE(Instant::parse(wrong)) << wrong;
}

TEST(Instant, reads_a_leap_second_as_the_next_second) {
    EXPECT_EQ(read("2016-12-31T23:59:60Z"), seconds_of(2017, 1, 1) * 1000);
    EXPECT_FALSE(Instant::parse("2016-12-31T23:59:61Z"));
}

TEST(Instant, is_limited_to_the_years_1970_to_9999) {
    EXPECT_EQ(read("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(read("1970-01-01T01:00:00+01:00"), 0);
    EXPECT_EQ(read("9999-12-31T23:59:59.999Z"), end_of_9999 - 1);
    for (auto outside : {"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:60Z",
                         "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"}) {
        EXPECT_FALSE(Instant::parse(outside)) << outside;
    }
}

TEST(Instant, rejects_what_is_not_rfc_3339) {
    for (auto wrong : {"",
                       "2026",
                       "2026-05-01",
                       "2026-05-01T12:00:00",
                       "2026-05-01T12:00Z",
                       "2026-05-01 12:00:00Z",
                       "20260501T120000Z",
                       "2026-5-1T12:00:00Z",
                       "2026-05-01T12:00:00.Z",
                       "2026-05-01T12:00:00.1234567890Z",
                       "2026-05-01T12:00:00,5Z",
                       "2026-13-01T12:00:00Z",
                       "2026-00-01T12:00:00Z",
                       "2026-05-00T12:00:00Z",
                       "2026-05-32T12:00:00Z",
                       "2026-04-31T12:00:00Z",
                       "2026-05-01T24:00:00Z",
                       "2026-05-01T12:60:00Z",
                       "2026-05-01T12:00:61Z",
                       "2026-05-01T12:00:00+24:00",
                       "2026-05-01T12:00:00+01:60",
                       "2026-05-01T12:00:00+0100",
                       "2026-05-01T12:00:00+1:00",
                       "2026-05-01T12:00:00 +01:00",
                       "2026-05-01T12:00:00ZZ",
                       " 2026-05-01T12:00:00Z",
                       "2026-05-01T12:00:00Z ",
                       "+2026-05-01T12:00:00Z",
                       "-026-05-01T12:00:00Z",
                       "12026-05-01T12:00:00Z",
                       "2026-05-01T1a:00:00Z",
                       "tomorrow",
                       "1777663800"}) {
        EXPECT_FALSE(Instant::parse(wrong)) << wrong;
    }
}

TEST(Instant, is_compared_and_shifted_in_milliseconds) {
    using namespace std::chrono_literals;
    Instant noon{1'000'000};
    EXPECT_EQ((noon + 15min) - noon, 15min);
    EXPECT_EQ(noon - 1ms + 1ms, noon);
    EXPECT_LT(noon - 1ms, noon);
}

RC_GTEST_PROP(Instant, survives_a_round_trip, ()) {
    Instant instant{*rc::gen::inRange<std::int64_t>(0, end_of_9999)};
    RC_ASSERT(Instant::parse(instant.to_text()) == instant);
}

RC_GTEST_PROP(Instant, agrees_with_the_c_library, ()) {
    Instant instant{*rc::gen::inRange<std::int64_t>(0, end_of_9999)};
    std::time_t seconds = instant.milliseconds / 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    RC_ASSERT(instant.to_text().substr(0, 19) == text);
}

RC_GTEST_PROP(Instant, sorts_like_its_text, ()) {
    Instant a{*rc::gen::inRange<std::int64_t>(0, end_of_9999)},
        b{*rc::gen::inRange<std::int64_t>(0, end_of_9999)};
    RC_ASSERT((a < b) == (a.to_text() < b.to_text()));
}

RC_GTEST_PROP(Instant, accepts_or_rejects_any_text, (const std::string& text)) {
    auto instant = Instant::parse(text);
    RC_ASSERT(!instant || (instant->milliseconds >= 0 && instant->milliseconds < end_of_9999));
}

// Nearly valid texts reach further into the parser than arbitrary ones.
RC_GTEST_PROP(Instant, accepts_or_rejects_text_with_one_character_changed, ()) {
    auto text = Instant{*rc::gen::inRange<std::int64_t>(0, end_of_9999)}.to_text();
    text[*rc::gen::inRange<std::size_t>(0, text.size())] =
        *rc::gen::elementOf(std::string{"0123456789-+:.TZz "});
    auto instant = Instant::parse(text);
    RC_ASSERT(!instant || Instant::parse(instant->to_text()) == instant);
}

}  // namespace
}  // namespace stagedoor
