#include "common/text/visible.hpp"

#include <gtest/gtest.h>

#include "common/text/domain.hpp"
#include "contracts/tests/filled.hpp"

namespace stagedoor::text {
namespace {

std::string problem(std::string_view text) {
    auto hidden = first_hidden(text);
    return hidden ? filled(problem_with(*hidden)) : "";
}

TEST(Visible, normalizes_to_composed_characters) {
    EXPECT_EQ(nfc("Cafe\u0301"), "Caf\u00E9");
    EXPECT_EQ(nfc("\u212B\u2126"), "\u00C5\u03A9");                  // Angstrom and Ohm signs
    EXPECT_EQ(nfc("\u1112\u1161\u11AB"), "\uD55C");                  // Hangul
    EXPECT_EQ(nfc("\u0958"), "\u0915\u093C");                        // excluded from composition
    EXPECT_EQ(nfc("q\u0307\u0323"), "q\u0323\u0307");                // marks in canonical order
    EXPECT_EQ(nfc("\uFB01 \uFF21 \u00B2"), "\uFB01 \uFF21 \u00B2");  // compatibility characters stay
    EXPECT_EQ(nfc(""), "");
}

TEST(Visible, trims_white_space_of_any_script) {
    EXPECT_EQ(trimmed(" \t\r\n\u00A0\u3000\u2003\u2028\u0085Bach \u3000 Mass\u202F\u205F\u1680"),
              "Bach \u3000 Mass");
    EXPECT_EQ(trimmed("\u00A0 \u3000"), "");
    EXPECT_EQ(trimmed("a"), "a");
}

TEST(Visible, is_blank_if_nothing_can_be_seen) {
    for (auto text : {"",           " ",          "\u200B",       "\u3164",       "\u2800", "\u2800 \u2800",
                      "\u00AD",     "\u115F",     "\u1160",       "\uFFA0",       "\uFEFF", "\u200E\u202E",
                      "\u2060",     "\u180E",     "\u0301",       "\uFE0F",       "\u034F", "\u17B5",
                      "\U000E0020", "\U0001D159", "\u3000\u00A0", "\u200D\u200C", "\u2028"})
        EXPECT_TRUE(is_blank(text)) << text;
    for (auto text : {"a", "\u200Ba", "!", "東", "🎭", "\u0E01", "\u0915\u094D", "\u2801", "\u0600"})
        EXPECT_FALSE(is_blank(text)) << text;
}

TEST(Visible, finds_control_characters) {
    for (auto text : {"a\x01", "\x1B[31m", "a\x7F", "a\u0085z", "\u009B"})
        EXPECT_EQ(problem(text), "must not contain control characters") << text;
    EXPECT_EQ(problem("two\r\nlines\tand a tab"), "");
}

TEST(Visible, finds_controls_of_direction) {
    EXPECT_EQ(problem("Ticket \u202Efdp.exe"),
              "must not contain characters that change the direction of text (U+202E)");
    for (auto text : {"a\u202A", "\u202B", "\u202C", "\u202D", "a\u2066b", "\u2067", "\u2068", "\u2069",
                      "\u200E", "\u05D0\u200F", "\u061C"})
        EXPECT_NE(problem(text).find("direction"), std::string::npos) << text;
    EXPECT_EQ(problem("שלום world"), "");
}

TEST(Visible, finds_invisible_characters) {
    EXPECT_EQ(problem("Con\u200Bcert"), "must not contain invisible characters (U+200B)");
    EXPECT_EQ(problem("a\U000E0041"), "must not contain invisible characters (U+E0041)");
    for (auto text :
         {"a\u00ADb", "a\u034Fb", "a\u115F", "a\u2060b", "a\u2064", "a\u3164", "a\uFEFF", "a\uFFA0",
          "a\u180E", "a\uFE00", "a\uFE0F", "a\uFFF9", "a\U000E0100", "a\U0001D173", "a\uFFFE"})
        EXPECT_NE(problem(text).find("invisible"), std::string::npos) << text;
}

TEST(Visible, allows_joiners_where_they_have_an_effect) {
    for (auto text : {
             "👩\u200D👩\u200D👧", "❤\uFE0F\u200D🔥", "🏳\uFE0F\u200D🌈", "👨🏽\u200D🦰",  // emoji
             "\u0DC1\u0DCA\u200D\u0DBB\u0DD3",                    // Sinhala: virama, joiner
             "\u0915\u094D\u200C\u0937", "\u0915\u094D\u200D",    // Devanagari
             "\u09B0\u200D\u09CD\u09AF\u09BE\u09AA",              // Bengali: joiner before the virama
             "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",  // Persian
             "\u06A9\u0627\u0631\u200C\u0647\u0627",              // after a letter that joins only before
             "\u0647\u200D",                                      // Persian abbreviation
             "\u0645\u064E\u200C\u0645"                           // a mark in between
         })
        EXPECT_EQ(problem(text), "") << text;
    for (auto text :
         {"a\u200Db", "a\u200Cb", "\u200D👩", "👩\u200Da", "a\u200D👩", "👩\u200C👩", "👩\u200D",
          "\u0645\u200C", "\u0645\u200Ca", "\u0647\u200D\u200D", "\u0915\u200D\u0937", "東\u200D京"})
        EXPECT_NE(problem(text).find("invisible"), std::string::npos) << text;
}

TEST(Visible, allows_variation_selectors_and_tags_where_they_have_an_effect) {
    for (auto text :
         {"❤\uFE0F", "☎\uFE0E", "1\uFE0F\u20E3", "#\uFE0F\u20E3", "\u845B\U000E0100", "\u2229\uFE00",
          "\u1820\u180B", "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F"})
        EXPECT_EQ(problem(text), "") << text;
    for (auto text : {"❤\uFE0F\uFE0F", "x\uFE0F", "\u845B\U000E0100\U000E0101", "a\u180B",
                      "🏴\U000E0067\U000E0062", "🏴\U000E007F", "🎭\U000E0067\U000E007F"})
        EXPECT_NE(problem(text), "") << text;
}

TEST(Visible, allows_line_break_opportunities_in_scripts_without_spaces) {
    EXPECT_EQ(problem("\u1780\u200B\u1781"), "");
    EXPECT_EQ(problem("\u0E01\u0E34\u200B\u0E02"), "");
    EXPECT_NE(problem("\u1780\u200B"), "");
    EXPECT_NE(problem("\u1780\u200Ba"), "");
}

TEST(Visible, can_drop_what_is_hidden) {
    EXPECT_EQ(without_hidden("\uFEFFber\u200Blin\u202E \x01👩\u200D👩"), "berlin 👩\u200D👩");
}

TEST(OpaqueString, composes_and_maps_spaces) {
    EXPECT_EQ(opaque_string("Cafe\u0301 creme"), "Caf\u00E9 creme");
    EXPECT_EQ(opaque_string("correct\u00A0horse\u3000battery\u2003staple"), "correct horse battery staple");
    // RFC 8265, table 4: case, symbols and compatibility characters stay.
    EXPECT_EQ(opaque_string("correct horse battery staple"), "correct horse battery staple");
    EXPECT_EQ(opaque_string("Correct Horse Battery Staple"), "Correct Horse Battery Staple");
    EXPECT_EQ(opaque_string("\u03C0\u00DF\u00E5"), "\u03C0\u00DF\u00E5");
    EXPECT_EQ(opaque_string("Jack of \u2666s"), "Jack of \u2666s");
    EXPECT_EQ(opaque_string("foo\u1680bar"), "foo bar");
    EXPECT_EQ(opaque_string("\uFF50\uFB01"), "\uFF50\uFB01");
    EXPECT_EQ(opaque_string(" trimmed by nobody "), " trimmed by nobody ");
    EXPECT_EQ(opaque_string("👩\u200D👩\u200D👧 ❤\uFE0F"), "👩\u200D👩\u200D👧 ❤\uFE0F");
}

TEST(OpaqueString, rejects_hidden_characters) {
    for (auto text : {"", "my cat is a \tby", "line\nbreak", "line\u2028break", "\x7F", "a\u0085", "a\u200Bb",
                      "a\u202Eb", "a\u00ADb"})
        EXPECT_EQ(opaque_string(text), std::nullopt) << text;
}

TEST(Domain, has_one_form) {
    EXPECT_EQ(to_ascii_domain("Example.COM"), "example.com");
    for (auto text : {"bücher.example", "BÜCHER.Example", "bu\u0308cher.example", "xn--bcher-kva.example",
                      "bücher\u3002example", "XN--BCHER-KVA.EXAMPLE"})
        EXPECT_EQ(to_ascii_domain(text), "xn--bcher-kva.example") << text;
    EXPECT_EQ(to_ascii_domain("faß.example"), "xn--fa-hia.example");
    EXPECT_EQ(to_ascii_domain("例え.テスト"), "xn--r8jz45g.xn--zckzah");
    EXPECT_EQ(with_ascii_domain("Info@Bücher.example"), "Info@xn--bcher-kva.example");
}

TEST(Domain, rejects_what_is_none) {
    for (auto text : {"bü\u200Bcher.example", "bü\u202Echer.example", "💩.example", "-ü.example",
                      "a\u200Dü.example", "\u0301ü.example"})
        EXPECT_EQ(to_ascii_domain(text), std::nullopt) << text;
    EXPECT_EQ(with_ascii_domain("nobody"), std::nullopt);
}

}  // namespace
}  // namespace stagedoor::text
