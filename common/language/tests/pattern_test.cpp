#include "common/language/pattern.hpp"

#include <gtest/gtest.h>

namespace stagedoor::language {
namespace {

std::string format(std::string_view text, std::vector<Argument> arguments, Language language = Language::en) {
    return Pattern{text, language}.format(arguments);
}

std::string why_not(std::string_view text, Language language = Language::en) {
    try {
        Pattern{text, language};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "it is one";
}

TEST(Pattern, puts_arguments_into_texts) {
    EXPECT_EQ(format("No arguments", {}), "No arguments");
    EXPECT_EQ(format("Hello {name}!", {{"name", "Ada"}}), "Hello Ada!");
    EXPECT_EQ(format("{b} before {a}", {{"a", "1"}, {"b", "2"}}), "2 before 1");
    EXPECT_EQ(format("{n, number} left", {{"n", 12345}}), "12,345 left");
    EXPECT_EQ(format("{n, number} übrig", {{"n", 12345}}, Language::de), "12.345 übrig");
}

TEST(Pattern, quotes_as_icu_does) {
    EXPECT_EQ(format("It isn't '{'quoted'}'", {}), "It isn't {quoted}");
    EXPECT_EQ(format("two '' are one", {}), "two ' are one");
}

TEST(Pattern, chooses_the_plural_by_the_rules_of_the_language) {
    constexpr auto english = "{n, plural, =0 {no tickets} one {# ticket} other {# tickets}}";
    EXPECT_EQ(format(english, {{"n", 0}}), "no tickets");
    EXPECT_EQ(format(english, {{"n", 1}}), "1 ticket");
    EXPECT_EQ(format(english, {{"n", 1250}}), "1,250 tickets");
    constexpr auto french = "{n, plural, one {# billet} other {# billets}}";
    EXPECT_EQ(format(french, {{"n", 0}}, Language::fr), "0 billet");  // one, in French
    EXPECT_EQ(format(french, {{"n", 2}}, Language::fr), "2 billets");
    EXPECT_EQ(format(french, {{"n", 1'000'000}}, Language::fr), "1\u202F000\u202F000 billets");  // its "many"
    constexpr auto german = "{n, plural, one {# Ticket} other {# Tickets}}";
    EXPECT_EQ(format(german, {{"n", 0}}, Language::de), "0 Tickets");
}

TEST(Pattern, nests) {
    constexpr auto text =
        "{unit, select, seconds {{n, plural, one {# second} other {# seconds}}} other {{n} {unit}}}";
    EXPECT_EQ(format(text, {{"unit", "seconds"}, {"n", 1}}), "1 second");
    EXPECT_EQ(format(text, {{"unit", "days"}, {"n", 3}}), "3 days");
    EXPECT_EQ((Pattern{text, Language::en}.arguments()), (std::set<std::string>{"n", "unit"}));
}

TEST(Pattern, says_what_is_wrong_with_a_text) {
    EXPECT_NE(why_not("{name").find("is no message"), std::string::npos) << why_not("{name");
    EXPECT_NE(why_not("{n, plural, one {#}}").find("is no message"), std::string::npos);
    EXPECT_NE(why_not("{d, date}").find("only {name}"), std::string::npos) << why_not("{d, date}");
    EXPECT_NE(why_not("{n, number, percent}").find("only {name}"), std::string::npos);
    EXPECT_NE(why_not("{n, plural, offset:1 one {#} other {#}}").find("offset"), std::string::npos);
    EXPECT_NE(why_not("{n, plural, few {#} other {#}}", Language::de).find("Deutsch does not have"),
              std::string::npos);
}

TEST(Pattern, needs_all_arguments) {
    EXPECT_THROW((void)format("{name}", {}), std::logic_error);
    EXPECT_THROW((void)format("{n, plural, other {#}}", {{"n", "three"}}), std::logic_error);
}

}  // namespace
}  // namespace stagedoor::language
