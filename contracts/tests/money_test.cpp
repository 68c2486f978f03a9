#include "contracts/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "contracts/tests/filled.hpp"

namespace stagedoor {
namespace {

Currency currency(std::string_view code) { return Currency::parse(code).value(); }

std::int64_t minor(std::string_view decimal, std::string_view code = "USD") {
    auto money = Money::parse(decimal, currency(code));
    EXPECT_TRUE(money) << decimal << " " << (money ? "" : filled(money.error()));
    return money ? money->minor : -1;
}

std::string error_of(std::string_view decimal, std::string_view code = "USD") {
    auto money = Money::parse(decimal, currency(code));
    EXPECT_FALSE(money) << decimal << " was read as " << (money ? money->minor : 0);
    return money ? "" : filled(money.error());
}

rc::Gen<Currency> any_currency() { return rc::gen::map(rc::gen::inRange(0, Currency::count), Currency::at); }
rc::Gen<std::int64_t> any_minor() {
    return rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 100'000),
                          rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000'000));
}

TEST(Currency, is_found_only_by_its_code) {
    std::set<std::string> codes;
    for (int i = 0; i < Currency::count; ++i) {
        auto each = Currency::at(i);
        EXPECT_EQ(Currency::parse(each.code()), each);
        EXPECT_EQ(each.code().size(), 3u);
        EXPECT_FALSE(each.symbol().empty()) << each.code();
        codes.emplace(each.code());
    }
    EXPECT_EQ(codes.size(), static_cast<std::size_t>(Currency::count));
    EXPECT_EQ(Currency{}.code(), "USD");
    for (auto wrong : {"", "usd", "US", "USDX", " USD", "XXX", "EU\0R"})
        EXPECT_FALSE(Currency::parse(wrong)) << wrong;
}

TEST(Currency, has_the_decimals_of_iso_4217) {
    EXPECT_EQ(currency("USD").decimals(), 2);
    EXPECT_EQ(currency("EUR").decimals(), 2);
    EXPECT_EQ(currency("HUF").decimals(), 2);
    EXPECT_EQ(currency("JPY").decimals(), 0);
    EXPECT_EQ(currency("KRW").decimals(), 0);
    EXPECT_EQ(currency("ISK").decimals(), 0);
    EXPECT_EQ(currency("KWD").decimals(), 3);
}

TEST(Money, is_parsed_exactly) {
    EXPECT_EQ(minor("19.99"), 1999);  // as a double: 1998.9999999999998
    EXPECT_EQ(minor("0.29"), 29);     // as a double: 28.999999999999996
    EXPECT_EQ(minor("1.15"), 115);
    EXPECT_EQ(minor("8.2"), 820);
    EXPECT_EQ(minor("5"), 500);
    EXPECT_EQ(minor("0"), 0);
    EXPECT_EQ(minor("0.00"), 0);
    EXPECT_EQ(minor("0.01"), 1);
    EXPECT_EQ(minor("5", "JPY"), 5);
    EXPECT_EQ(minor("1.234", "KWD"), 1234);
    EXPECT_EQ(minor("1", "KWD"), 1000);
}

TEST(Money, is_parsed_from_a_number_with_an_exponent) {
    EXPECT_EQ(minor("1999e-2"), 1999);
    EXPECT_EQ(minor("1.999E1"), 1999);
    EXPECT_EQ(minor("1.999e+1"), 1999);
    EXPECT_EQ(minor("2e3"), 200'000);
    EXPECT_EQ(minor("0.0002e4", "JPY"), 2);
    EXPECT_EQ(minor("500e-2", "JPY"), 5);
    EXPECT_EQ(minor("0e1000"), 0);
    EXPECT_EQ(minor("0e-1000"), 0);
}

TEST(Money, is_rejected_with_zeros_after_the_decimals_of_its_currency) {
    // 15.000 ISK is rather meant to be 15 000.
    for (auto [text, code] :
         {std::pair{"15.000", "ISK"}, {"25.000", "KRW"}, {"1.000", "JPY"}, {"7.0", "JPY"}})
        EXPECT_EQ(error_of(text, code), "must have no decimals") << text;
    EXPECT_EQ(error_of("2.500", "EUR"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("19.990"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("1.5000", "KWD"), "must have at most 3 decimals");
    EXPECT_EQ(minor("1.500", "KWD"), 1500);
}

std::optional<std::int64_t> from_text(std::string_view decimal, std::string_view code = "USD") {
    auto money = Money::parse_text(decimal, currency(code));
    return money ? std::optional{money->minor} : std::nullopt;
}

TEST(Money, is_parsed_from_text_without_an_exponent) {
    EXPECT_EQ(from_text("19.99"), 1999);
    EXPECT_EQ(from_text("20.50"), 2050);
    EXPECT_EQ(from_text(".5"), 50);
    EXPECT_EQ(from_text("5."), 500);
    EXPECT_EQ(from_text("5.", "JPY"), 5);
    EXPECT_EQ(from_text("1.5", "KWD"), 1500);
    for (auto wrong : {"",   ".",   "..",   "1..", "..5",      "1.2.3", "1e3", "1E3", "+5",     "-5",  " 5",
                       "5 ", "1,5", "0x10", "NaN", "Infinity", "1_000", "$5",  "١",   "19.999", ".555"})
        EXPECT_EQ(from_text(wrong), std::nullopt) << wrong;
    EXPECT_EQ(from_text("15.000", "ISK"), std::nullopt);
}

TEST(Money, is_rejected_with_too_many_decimals) {
    EXPECT_EQ(error_of("0.290000000000000001"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("19.999"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("0.001"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("1e-3"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("1e-1000"), "must have at most 2 decimals");
    EXPECT_EQ(error_of("0.5", "JPY"), "must have no decimals");
    EXPECT_EQ(error_of("1.2345", "KWD"), "must have at most 3 decimals");
}

TEST(Money, is_rejected_when_negative_or_negative_zero) {
    for (auto text : {"-1", "-0.01", "-0", "-0.00", "-1e-400", "-0e5"})
        EXPECT_EQ(error_of(text), "must not be negative") << text;
}

TEST(Money, is_rejected_when_too_large) {
    EXPECT_EQ(error_of("1e400"), "is too large");
    EXPECT_EQ(error_of("1e17"), "is too large");
    EXPECT_EQ(error_of("99999999999999999999"), "is too large");
    EXPECT_EQ(error_of("9223372036854775807"), "is too large");
    EXPECT_FALSE(error_of("1e100000").empty());
    EXPECT_FALSE(error_of("1e99999999999999999999999").empty());
    EXPECT_FALSE(error_of("1e-99999999999999999999999").empty());
    EXPECT_EQ(minor("9999999999999999.99"), 999'999'999'999'999'999);
}

TEST(Money, is_rejected_when_not_a_decimal_number) {
    for (auto text : {"",      ".",        ".5",    "1.",  "1..2",  "1.2.3", "e5",  "1e",   "1e+",
                      "1e+-2", "1e-+2",    "1e--2", "+1",  " 1",    "1 ",    "1,5", "0x10", "1e5.5",
                      "NaN",   "Infinity", "inf",   "one", "1_000", "$5",    "١"}) {
        EXPECT_EQ(error_of(text), "must be a decimal number such as 19.99") << text;
    }
}

std::string problem_of(std::string_view decimal, std::string_view code) {
    auto problem = price_problem(Money::parse(decimal, currency(code)).value());
    return problem ? filled(*problem) : "";
}

TEST(Price, has_the_maximum_of_the_contract) {
    EXPECT_EQ(problem_of("999999.99", "USD"), "");
    EXPECT_EQ(problem_of("1000000", "USD"), "Price must be at most 999999.99 USD");
    EXPECT_EQ(problem_of("999999", "JPY"), "");
    EXPECT_EQ(problem_of("1000000", "JPY"), "Price must be at most 999999 JPY");
    EXPECT_EQ(problem_of("999999.990", "KWD"), "");
}

TEST(Price, has_the_minimum_that_a_card_payment_demands) {
    EXPECT_EQ(problem_of("0", "USD"), "Price must be at least 0.50 USD");
    EXPECT_EQ(problem_of("0.30", "USD"), "Price must be at least 0.50 USD");
    EXPECT_EQ(problem_of("0.49", "EUR"), "Price must be at least 0.50 EUR");
    EXPECT_EQ(problem_of("0.30", "GBP"), "");
    EXPECT_EQ(problem_of("49", "JPY"), "Price must be at least 50 JPY");
    EXPECT_EQ(problem_of("174.99", "HUF"), "Price must be at least 175.00 HUF");
}

TEST(Price, is_a_multiple_of_what_a_card_payment_can_have) {
    EXPECT_EQ(problem_of("1.235", "KWD"), "Price must be a multiple of 0.010 KWD");
    EXPECT_EQ(problem_of("1.230", "KWD"), "");
    EXPECT_EQ(problem_of("1.23", "USD"), "");
}

TEST(Price, has_limits_that_fit_together_in_every_currency) {
    for (int i = 0; i < Currency::count; ++i) {
        auto each = Currency::at(i);
        EXPECT_FALSE(price_problem({each.min_price(), each})) << each.code();
        EXPECT_FALSE(price_problem({each.max_price(), each})) << each.code();
        EXPECT_TRUE(price_problem({each.min_price() - each.price_step(), each})) << each.code();
        EXPECT_TRUE(price_problem({each.max_price() + each.price_step(), each})) << each.code();
    }
}

TEST(Money, is_written_with_all_decimals_of_its_currency) {
    EXPECT_EQ((Money{1999, currency("USD")}.to_text()), "19.99");
    EXPECT_EQ((Money{500, currency("EUR")}.to_text()), "5.00");
    EXPECT_EQ((Money{5, currency("EUR")}.to_text()), "0.05");
    EXPECT_EQ((Money{0, currency("EUR")}.to_text()), "0.00");
    EXPECT_EQ((Money{500, currency("JPY")}.to_text()), "500");
    EXPECT_EQ((Money{5, currency("KWD")}.to_text()), "0.005");
}

TEST(Money, is_written_with_its_sign_when_negative) {
    EXPECT_EQ((Money{-1999, currency("USD")}.to_text()), "-19.99");
    EXPECT_EQ((Money{-5, currency("USD")}.to_text()), "-0.05");
    EXPECT_EQ((Money{-5, currency("JPY")}.to_text()), "-5");
    EXPECT_EQ((Money{INT64_MIN, currency("USD")}.to_text()), "-92233720368547758.08");
    EXPECT_EQ((Money{INT64_MAX, currency("USD")}.to_text()), "92233720368547758.07");
}

RC_GTEST_PROP(Money, survives_a_round_trip, ()) {
    Money money{*any_minor(), *any_currency()};
    auto read = Money::parse(money.to_text(), money.currency);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == money);
}

RC_GTEST_PROP(Money, is_the_same_whatever_its_exponent, ()) {
    Money money{*any_minor(), *any_currency()};
    auto places = *rc::gen::inRange(0, 40);
    auto text = std::to_string(money.minor) + std::string(static_cast<std::size_t>(places), '0') + "e" +
                std::to_string(-money.currency.decimals() - places);
    auto read = Money::parse(text, money.currency);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == money);
}

RC_GTEST_PROP(Money, is_rejected_with_one_decimal_too_many, ()) {
    Money money{*any_minor(), *any_currency()};
    auto text = money.to_text() + (money.currency.decimals() == 0 ? "." : "") +
                std::to_string(*rc::gen::inRange(1, 10));
    RC_ASSERT_FALSE(Money::parse(text, money.currency).has_value());
}

RC_GTEST_PROP(Money, accepts_or_rejects_any_text_and_is_never_negative, (const std::string& text)) {
    auto read = Money::parse(text, *any_currency());
    if (read)
        RC_ASSERT(read->minor >= 0);
    else
        RC_ASSERT_FALSE(read.error().empty());
}

}  // namespace
}  // namespace stagedoor
