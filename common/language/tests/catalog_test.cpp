#include "common/language/catalog.hpp"

#include <gtest/gtest.h>

namespace stagedoor::language {
namespace {

using enum Language;

std::vector<templates::Asset> files(std::string english, std::string others) {
    return {{"locales/en.json", std::move(english)},
            {"locales/de.json", others},
            {"locales/fr.json", others},
            {"locales/es.json", others}};
}

std::string why_not(const std::vector<templates::Asset>& assets) {
    try {
        Catalog{assets};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "they are complete";
}

TEST(Catalog, has_the_texts_of_each_language) {
    auto all =
        files(R"({"greeting": "Hello {name}", "left": "{n, plural, one {# ticket} other {# tickets}}"})",
              R"({"left": "{n, plural, one {# Ticket} other {# Tickets}}", "greeting": "Hallo {name}"})");
    Catalog catalog{all};
    EXPECT_EQ(catalog.keys(), (std::vector<std::string>{"greeting", "left"}));
    Texts texts{catalog, de};
    EXPECT_EQ(texts("greeting", {{"name", "Ada"}}), "Hallo Ada");
    EXPECT_EQ(texts("left", {{"n", 1}}), "1 Ticket");
    EXPECT_EQ((Texts{catalog, en}("left", {{"n", 2}})), "2 tickets");
    EXPECT_THROW((void)texts("farewell"), std::logic_error);
}

TEST(Catalog, says_everything_that_is_wrong) {
    EXPECT_NE(why_not({}).find("locales/fr.json is missing"), std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "A"})", R"({"b": "B"})")).find("locales/de.json lacks \"a\""),
              std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "A"})", R"({"a": "A", "b": "B"})"))
                  .find("locales/es.json: \"b\" is not in locales/en.json"),
              std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "{x}"})", R"({"a": "{y}"})"))
                  .find("locales/de.json: \"a\" has the arguments {y}, in English {x}"),
              std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "{x}"})", R"({"a": "{x"})")).find("\"a\" is no message"),
              std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "A"})", R"({"a": 1})")).find("must be a text"), std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "A"})", "[")).find("locales/fr.json: The body is not valid JSON"),
              std::string::npos);
    EXPECT_NE(why_not(files(R"({"a": "A", "a": "B"})", R"({"a": "A"})")).find("twice"), std::string::npos);
}

}  // namespace
}  // namespace stagedoor::language
