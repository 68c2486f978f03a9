#include "services/client/typed_numbers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "common/language/message.hpp"

namespace stagedoor::client {
namespace {

std::string text_of(const json::Value& value) {
    return value.number() ? value.number()->text : "text " + *value.string();
}

std::string price(std::string_view input, std::string_view currency = "USD") {
    return text_of(as_price(input, Currency::parse(currency).value()));
}

TEST(TypedPrice, is_read_as_people_type_it) {
    EXPECT_EQ(price("19.99"), "19.99");
    EXPECT_EQ(price("19,99"), "19.99");
    EXPECT_EQ(price("19,9"), "19.9");
    EXPECT_EQ(price("1,250.00"), "1250.00");
    EXPECT_EQ(price("1.250,00", "EUR"), "1250.00");
    EXPECT_EQ(price("1,234,567.8"), "1234567.8");
    EXPECT_EQ(price("1.234.567,8", "EUR"), "1234567.8");
    EXPECT_EQ(price("1 250,50", "SEK"), "1250.50");
    EXPECT_EQ(price("1\u202F250,50", "EUR"), "1250.50");
    EXPECT_EQ(price("1\u00A0250", "CZK"), "1250");
    EXPECT_EQ(price("1'250.50", "CHF"), "1250.50");
    EXPECT_EQ(price("1\u2019250.50", "CHF"), "1250.50");
    EXPECT_EQ(price("007.50"), "7.50");
    EXPECT_EQ(price("0"), "0");
    EXPECT_EQ(price("00"), "0");
    EXPECT_EQ(price("0.50"), "0.50");
    EXPECT_EQ(price(".5"), "0.5");
    EXPECT_EQ(price(",5"), "0.5");
    EXPECT_EQ(price("5."), "5");
    EXPECT_EQ(price("1250"), "1250");
}

TEST(TypedPrice, has_thousands_before_exactly_three_digits) {
    EXPECT_EQ(price("15.000", "ISK"), "15000");
    EXPECT_EQ(price("25.000", "KRW"), "25000");
    EXPECT_EQ(price("1.000", "JPY"), "1000");
    EXPECT_EQ(price("1,000", "JPY"), "1000");
    EXPECT_EQ(price("2.500", "EUR"), "2500");
    EXPECT_EQ(price("2,500", "EUR"), "2500");
    EXPECT_EQ(price("1,250"), "1250");
    EXPECT_EQ(price("999.999", "HUF"), "999999");
    EXPECT_EQ(price("1.234.567", "KRW"), "1234567");
}

TEST(TypedPrice, has_decimals_where_thousands_are_impossible) {
    EXPECT_EQ(price("0.500", "EUR"), "0.500") << "the API rejects it";
    EXPECT_EQ(price("1250.500", "EUR"), "1250.500");
    EXPECT_EQ(price(".500", "EUR"), "0.500");
    EXPECT_EQ(price("15.00", "ISK"), "15.00");
    EXPECT_EQ(price("15,5", "ISK"), "15.5");
    EXPECT_EQ(price("1,250.000", "EUR"), "1250.000");
    EXPECT_EQ(price("1 250.000", "EUR"), "1250.000");
}

TEST(TypedPrice, is_not_guessed_in_a_currency_with_three_decimals) {
    EXPECT_EQ(price("1.500", "KWD"), "1.500");
    EXPECT_EQ(price("1,500", "KWD"), "text 1,500");
    EXPECT_EQ(price("12,5", "KWD"), "12.5") << "not thousands";
    EXPECT_EQ(price("1,500.250", "KWD"), "1500.250");
    EXPECT_EQ(price("1.500,250", "KWD"), "1500.250");
    EXPECT_EQ(price("1,500,000", "KWD"), "1500000");
}

TEST(TypedPrice, is_passed_on_as_text_if_it_is_none) {
    for (auto input : {"",
                       "free",
                       "-5",
                       "+5",
                       "$5",
                       "1e5",
                       "1.2.3",
                       "12,345,6",
                       "1,25,000",
                       ".",
                       ",",
                       "..",
                       "1..5",
                       "0x10",
                       "1,234.5,6",
                       "1,234.5.6",
                       "1.234,5,6",
                       "1 2",
                       " ",
                       "١٩",
                       "1,,000",
                       "0,500,000",
                       "999999999999999999999999999999999"}) {
        EXPECT_EQ(price(input), "text " + std::string{input});
    }
}

TEST(TypedCount, is_read_with_thousands) {
    EXPECT_EQ(text_of(as_count("12")), "12");
    EXPECT_EQ(text_of(as_count("1.000")), "1000");
    EXPECT_EQ(text_of(as_count("1,000")), "1000");
    EXPECT_EQ(text_of(as_count("1.5")), "1.5") << "the API rejects it";
    EXPECT_EQ(text_of(as_count("many")), "text many");
}

TEST(TypedPrice, is_explained_by_an_example_if_it_is_none) {
    auto explained = [](std::string_view input, std::string_view currency) {
        Problems problems{{"must be a decimal number such as 19.99"_text, "price"},
                          {"must not be empty"_text, "title"}};
        explain_price(problems, "price", input, Currency::parse(currency).value());
        EXPECT_EQ(problems[1].message, "must not be empty"_text);
        return language::to_text(problems[0].message);
    };
    EXPECT_EQ(explained("1,250.00", "USD"), "must be a decimal number such as 19.99") << "the API's message";
    EXPECT_EQ(explained("cheap", "USD"), "Enter a price, e.g. 19.99");
    EXPECT_EQ(explained("cheap", "JPY"), "Enter a price, e.g. 1500");
    EXPECT_EQ(explained("cheap", "KWD"), "Enter a price, e.g. 19.500");
    EXPECT_EQ(explained("1,500", "KWD"), "Enter 1500 or 1.500: the comma could mean either");
}

}  // namespace
}  // namespace stagedoor::client
