#include "common/language/locale.hpp"

#include <gtest/gtest.h>
#include <unicode/numberformatter.h>

namespace stagedoor::language {
namespace {

using enum Language;

Instant at(const char* text) { return Instant::parse(text).value(); }
Money money(std::int64_t minor, const char* currency) { return {minor, Currency::parse(currency).value()}; }

TEST(Locale, groups_numbers) {
    EXPECT_EQ(number(1250, en), "1,250");
    EXPECT_EQ(number(-1234567, de), "-1.234.567");
    EXPECT_EQ(number(1250, fr), "1\u202F250");
    EXPECT_EQ(number(1250, es), "1250");  // Spanish groups from five digits
    EXPECT_EQ(number(12500, es), "12.500");
    EXPECT_EQ(number(0, de), "0");
}

TEST(Locale, writes_money) {
    EXPECT_EQ(price(money(125000, "USD"), en), "$1,250.00");
    EXPECT_EQ(price(money(125000, "EUR"), de), "1.250,00\u00A0€");
    EXPECT_EQ(price(money(125000, "EUR"), fr), "1\u202F250,00\u00A0€");
    EXPECT_EQ(price(money(125000, "EUR"), es), "1250,00\u00A0€");
    EXPECT_EQ(price(money(5000, "JPY"), de), "5.000\u00A0¥");
    EXPECT_EQ(price(money(1, "EUR"), de), "0,01\u00A0€");
    EXPECT_EQ(price(money(-1999, "EUR"), de), "-19,99\u00A0€");
    EXPECT_EQ(whole_price(30, Currency{}, en), "$30");
    EXPECT_EQ(whole_price(1000, Currency{}, de), "1.000\u00A0$");
    // Beyond what a double holds exactly.
    EXPECT_EQ(price(money(900719925474099312, "EUR"), de), "9.007.199.254.740.993,12\u00A0€");
}

// What we put together is what ICU writes, for every currency.
TEST(Locale, writes_money_as_icu_does) {
    for (auto language : {de, fr, es}) {
        for (int i = 0; i < Currency::count; ++i) {
            auto currency = Currency::at(i);
            for (std::int64_t minor : {0LL, 1LL, 999LL, 100'000LL, 123'456'789LL}) {
                Money amount{minor, currency};
                auto error = U_ZERO_ERROR;
                auto code = icu::UnicodeString::fromUTF8(std::string{currency.code()});
                auto formatted = icu::number::NumberFormatter::withLocale(
                                     icu::Locale{std::string{to_tag(language)}.c_str()})
                                     .unit(icu::CurrencyUnit{code.getTerminatedBuffer(), error})
                                     .precision(icu::number::Precision::fixedFraction(currency.decimals()))
                                     .formatDecimal(amount.to_text(), error);
                std::string expected;
                formatted.toString(error).toUTF8String(expected);
                ASSERT_TRUE(U_SUCCESS(error));
                EXPECT_EQ(price(amount, language), expected);
            }
        }
    }
}

TEST(Locale, writes_dates_in_the_time_zone_of_the_event) {
    auto instant = at("2026-05-02T17:30:00Z");
    EXPECT_EQ(day_and_time(instant, "Europe/Berlin", en), "Sat 2 May 2026, 19:30");
    EXPECT_EQ(day_and_time(instant, "Europe/Berlin", de), "Sa., 2. Mai 2026, 19:30");
    EXPECT_EQ(day_and_time(instant, "Europe/Paris", fr), "sam. 2 mai 2026, 19:30");
    EXPECT_EQ(day_and_time(instant, "Europe/Madrid", es), "sáb, 2 may 2026, 19:30");
    EXPECT_EQ(day_and_time(instant, "Asia/Tokyo", de), "So., 3. Mai 2026, 02:30");
    EXPECT_EQ(date_only(instant, "Nowhere/Land", de), "2. Mai 2026");
    EXPECT_EQ(date_only(at("2026-03-14T12:00:00Z"), "UTC", de), "14. März 2026");
    EXPECT_EQ(clock_time(instant, "Europe/Berlin"), "19:30");
    auto day = day_of(instant, "Europe/Berlin", fr);
    EXPECT_EQ(day.weekday + " " + day.day + " " + day.month, "sam. 2 mai");
}

TEST(Locale, names_the_time_of_the_zone) {
    EXPECT_EQ(zone_note(at("2026-05-02T17:30:00Z"), "Europe/Berlin", en), "CEST");
    EXPECT_EQ(zone_note(at("2026-05-02T17:30:00Z"), "Europe/Berlin", de), "MESZ");
    EXPECT_EQ(zone_note(at("2026-01-02T17:30:00Z"), "Europe/Berlin", de), "MEZ");
    EXPECT_EQ(zone_note(at("2026-01-02T17:30:00Z"), "Nowhere/Land", de), "UTC");
}

TEST(Locale, formats_in_well_under_a_microsecond_or_two) {
    // A page shows some hundreds of prices and dates. (A loop, not a benchmark: it prints the rate and fails
    // only if formatting has become a hundred times as slow.)
    auto begin = std::chrono::steady_clock::now();
    std::size_t length = 0;
    constexpr int rounds = 20'000;
    for (int i = 0; i < rounds; ++i) length += price(money(i * 100, "EUR"), de).size();
    auto each = (std::chrono::steady_clock::now() - begin) / rounds;
    RecordProperty("nanoseconds_per_price", static_cast<int>(each.count()));
    EXPECT_GT(length, 0U);
    EXPECT_LT(each, std::chrono::microseconds{100});
}

TEST(CurrencyAt, is_that_of_the_country) {
    for (auto [zone, code] : {std::pair{"Europe/Berlin", "EUR"},
                              {"Europe/London", "GBP"},
                              {"America/New_York", "USD"},
                              {"Asia/Tokyo", "JPY"},
                              {"UTC", "USD"},
                              {"Asia/Pyongyang", "USD"},
                              {"nowhere", "USD"}})
        EXPECT_EQ(currency_at(zone).code(), code) << zone;
}

}  // namespace
}  // namespace stagedoor::language
