#include <gtest/gtest.h>

#include "common/json/value.hpp"
#include "common/language/message.hpp"

namespace stagedoor::json {
namespace {

std::string error(std::string_view text) {
    auto value = parse(text);
    EXPECT_FALSE(value) << text;
    return value ? "" : language::to_text(value.error());
}

std::string string(std::string_view text) {
    auto value = parse(text);
    EXPECT_TRUE(value) << text << ": " << (value ? "" : language::to_text(value.error()));
    return value && value->string() ? *value->string() : "(not a string)";
}

std::string number(std::string_view text) {
    auto value = parse(text);
    EXPECT_TRUE(value) << text << ": " << (value ? "" : language::to_text(value.error()));
    return value && value->number() ? value->number()->text : "(not a number)";
}

std::string nested(int levels, const char* open = "[", const char* close = "]") {
    std::string text;
    for (int i = 0; i < levels; ++i) text += open;
    text += "1";
    for (int i = 0; i < levels; ++i) text += close;
    return text;
}

TEST(Parse, returns_every_kind_of_value) {
    auto value = parse(R"( {"a":null,"b":true,"c":false,"d":1.5,"e":"x","f":[1,[]],"g":{}} )").value();
    EXPECT_TRUE(value.object());
    EXPECT_TRUE(value["a"].is_null());
    EXPECT_TRUE(*value["b"].boolean());
    EXPECT_FALSE(*value["c"].boolean());
    EXPECT_EQ(value["d"].number()->text, "1.5");
    EXPECT_EQ(*value["e"].string(), "x");
    EXPECT_EQ(value["f"].array()->size(), 2u);
    EXPECT_TRUE(value["g"].object()->empty());
}

TEST(Parse, keeps_the_order_of_members) {
    auto value = parse(R"({"z":1,"a":2,"":3})").value();
    ASSERT_EQ(value.object()->size(), 3u);
    EXPECT_EQ((*value.object())[0].first, "z");
    EXPECT_EQ((*value.object())[2].first, "");
}

TEST(Parse, finds_no_member_that_is_not_there) {
    auto value = parse(R"({"a":null})").value();
    EXPECT_TRUE(value.find("a"));
    EXPECT_FALSE(value.find("b"));
    EXPECT_TRUE(value["b"]["c"]["d"].is_null());
    EXPECT_FALSE(parse("[1]").value().find("a"));
}

TEST(Parse, accepts_a_scalar_as_document) {
    EXPECT_EQ(string(R"("x")"), "x");
    EXPECT_EQ(number("7"), "7");
    EXPECT_TRUE(parse("null")->is_null());
}

TEST(Parse, keeps_the_text_of_a_number) {
    for (auto text : {"0", "-0", "19.99", "1.999E1", "1e400", "-1e-400", "1e2", "1.0", "0.290000000000000001",
                      "1E+2", "123456789012345678901234567890", "-9223372036854775808",
                      "18446744073709551616", "0.1000000000000000055511151231257827021181583404541015625"}) {
        EXPECT_EQ(number(text), text);
        EXPECT_EQ(number(" " + std::string{text} + " "), text);
        auto inside = parse("[" + std::string{text} + "," + text + "]");
        ASSERT_TRUE(inside) << text;
        EXPECT_EQ((*inside->array())[1].number()->text, text);
    }
}

TEST(Parse, keeps_a_number_with_many_digits) {
    auto text = "1" + std::string(5000, '7') + "." + std::string(5000, '3');
    EXPECT_EQ(number(text), text);
}

TEST(Parse, accepts_32_levels_but_no_more) {
    EXPECT_TRUE(parse(nested(32)));
    EXPECT_FALSE(parse(nested(33)));
    EXPECT_TRUE(parse(nested(32, R"({"a":)", "}")));
    EXPECT_FALSE(parse(nested(33, R"({"a":)", "}")));
    EXPECT_FALSE(parse(std::string(1'000'000, '[')));
}

TEST(Parse, rejects_duplicate_names_in_an_object) {
    EXPECT_EQ(error(R"({"a":1,"b":2,"a":3})"), R"(The body contains the name "a" twice in one object)");
    EXPECT_EQ(error(R"({"a":1,"\u0061":3})"), R"(The body contains the name "a" twice in one object)");
    EXPECT_EQ(error(R"([{"x":{"":1,"":1}}])"), R"(The body contains the name "" twice in one object)");
    EXPECT_TRUE(parse(R"([{"a":1},{"a":1},{"a":{"a":1}}])"));
}

TEST(Parse, finds_a_duplicate_among_10_000_names) {
    std::string text = "{";
    for (int i = 0; i < 9'999; ++i) text += "\"name number " + std::to_string(i) + "\":1,";
    EXPECT_TRUE(parse(text + R"("last":1})"));
    EXPECT_FALSE(parse(text + R"("name number 0":1})"));
}

TEST(Parse, rejects_an_object_with_more_than_10_000_members) {
    std::string text = "{";
    for (int i = 0; i < 10'000; ++i) text += "\"" + std::to_string(i) + "\":1,";
    EXPECT_FALSE(parse(text + R"("last":1})"));
}

TEST(Parse, keeps_utf_8_unchanged) { EXPECT_EQ(string("\"Bühne 🎭 \u2028\""), "Bühne 🎭 \u2028"); }

TEST(Parse, rejects_invalid_utf_8) {
    for (std::string_view wrong : {"\x80", "\xC3", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                   "\xF8\x88\x80\x80\x80", "\xFF"}) {
        EXPECT_FALSE(parse("\"" + std::string{wrong} + "\"")) << wrong.size();
        EXPECT_FALSE(parse("{\"" + std::string{wrong} + "\":1}")) << wrong.size();
    }
}

TEST(Parse, reads_escapes_and_surrogate_pairs) {
    EXPECT_EQ(string(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(string(R"("\u00e4\u20AC")"), "ä€");
    EXPECT_EQ(string(R"("\ud83c\udfad")"), "🎭");
    EXPECT_EQ(string(R"("a\u0000b")"), std::string("a\0b", 3));
}

TEST(Parse, rejects_lone_surrogates) {
    for (auto wrong : {R"("\ud83c")", R"("\ud83cx")", R"("\ud83c\n")", R"("\ud83c\ud83c")", R"("\udfad")",
                       R"("\udfad\ud83c")"}) {
        EXPECT_FALSE(parse(wrong)) << wrong;
    }
}

TEST(Parse, rejects_text_after_the_document) {
    EXPECT_TRUE(parse("{} \r\n\t"));
    for (auto wrong : {"{}x", "{}{}", "1 2", "[],", "null null", "\"a\"\"b\"", "{}\f"})
        EXPECT_FALSE(parse(wrong)) << wrong;
    EXPECT_FALSE(parse(std::string_view("{}\0", 3)));
}

TEST(Parse, rejects_what_lenient_parsers_accept) {
    for (auto wrong : {"{a:1}",
                       "{'a':1}",
                       "[1,]",
                       "{\"a\":1,}",
                       "[1 2]",
                       "// x\n1",
                       "/* x */1",
                       "NaN",
                       "Infinity",
                       "-Infinity",
                       "+1",
                       "01",
                       "1.",
                       ".5",
                       "1e",
                       "0x1F",
                       "True",
                       "nul",
                       "\"a\nb\"",
                       "\"\t\"",
                       "\"\\x41\"",
                       "\"\\u12g4\"",
                       "[",
                       "{\"a\"",
                       "\"a",
                       "-",
                       "\xEF\xBB\xBF\xEF\xBB\xBF{}",
                       "{}\xEF\xBB\xBF"}) {
        EXPECT_FALSE(parse(wrong)) << wrong;
    }
}

TEST(Parse, reports_what_is_wrong_and_where) {
    EXPECT_EQ(error(""), "The body is empty; JSON was expected");
    EXPECT_TRUE(error(R"({"a":tru})").starts_with("The body is not valid JSON: ")) << error(R"({"a":tru})");
    EXPECT_TRUE(error(R"({"a":1,]})").ends_with(" at byte 7")) << error(R"({"a":1,]})");
    EXPECT_FALSE(error("  ").empty());
    EXPECT_FALSE(error("{").empty());
}

TEST(Parse, ignores_a_byte_order_mark) {
    EXPECT_EQ(parse("\xEF\xBB\xBF{\"a\":1}").value()["a"].number()->text, "1");
    EXPECT_FALSE(parse("\xEF\xBB\xBF"));
}

TEST(Canonical, has_the_members_of_every_object_sorted) {
    auto form = [](std::string_view text) { return canonical(parse(text).value()); };
    EXPECT_EQ(form(R"( {"b":[{"d":1,"c":2}], "a" : "x"} )"), R"({"a":"x","b":[{"c":2,"d":1}]})");
    EXPECT_EQ(form("[2,1]"), "[2,1]") << "the order of elements means something";
    EXPECT_NE(form("1"), form("1.0")) << "numbers are compared as text";
}

}  // namespace
}  // namespace stagedoor::json
