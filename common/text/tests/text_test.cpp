#include <gtest/gtest.h>

#include <array>

#include "common/text/hex.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::text {
namespace {

TEST(Utf8, accepts_every_length_of_sequence) {
    for (auto text : {"", "a", "é", "€", "𝄞", "aé€𝄞"}) EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(sequence_length("𝄞a"), 4u);
}

TEST(Utf8, rejects_what_is_not_well_formed) {
    for (auto text :
         {"\x80", "\xC3", "\xC0\x80", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE9z"})
        EXPECT_FALSE(is_utf8(text)) << to_hex(std::as_bytes(std::span{std::string_view{text}}));
    EXPECT_EQ(sequence_length(""), 0u);
}

TEST(Utf8, counts_code_points_and_not_bytes) {
    EXPECT_EQ(code_points(""), 0u);
    EXPECT_EQ(code_points("aé€𝄞"), 4u);
}

TEST(Utf8, cuts_between_code_points) {
    EXPECT_EQ(prefix("a€b", 10), "a€b");
    EXPECT_EQ(prefix("a€b", 4), "a€");
    EXPECT_EQ(prefix("a€b", 3), "a");
    EXPECT_EQ(prefix("€", 2), "");
}

TEST(Utf8, folds_case_and_accents) {
    EXPECT_EQ(fold("CAFÉ Ünal ﬁ"), "cafe unal fi");
    EXPECT_EQ(fold("\xFF"), "");
}

TEST(Utf8, folds_ascii_as_it_does_among_other_letters) {
    for (int c = 0; c < 0x80; ++c) {
        std::string letter{static_cast<char>(c)};
        EXPECT_EQ(fold(letter) + "e", fold(letter + "é")) << c;
    }
}

TEST(Utf8, folds_letters_that_unicode_does_not_decompose) {
    EXPECT_EQ(fold("Łódź"), "lodz");
    EXPECT_EQ(fold("Tromsø"), "tromso");
    EXPECT_EQ(fold("Đorđe"), "dorde");
    EXPECT_EQ(fold("Æther ÆTHER"), "aether aether");
    EXPECT_EQ(fold("Ørsted"), "orsted");
    EXPECT_EQ(fold("Œuvre"), "oeuvre");
    EXPECT_EQ(fold("Þór Guðrún"), "thor gudrun");
    EXPECT_EQ(fold("Ħamrun Ŧ Ŋ Gəncə"), "hamrun t n gence");
    EXPECT_EQ(fold("Straße STRASSE GROẞ"), "strasse strasse gross");
    EXPECT_EQ(fold("Hawaiʻi"), "hawaii");
    EXPECT_EQ(fold("Москва 東京 Ωδή"), "москва 東京 ωδη");
}

TEST(Utf8, folds_every_turkish_i_to_the_same) {
    EXPECT_EQ(fold("ışık"), fold("IŞIK"));
    EXPECT_EQ(fold("Işık"), "isik");
    EXPECT_EQ(fold("DİYARBAKIR"), fold("Diyarbakır"));
    EXPECT_EQ(fold("diyarbakir"), fold("Diyarbakır"));
    EXPECT_EQ(fold("İzmir ızmır I\u0307zmir"), "izmir izmir izmir");
}

TEST(Utf8, folds_what_is_folded_to_itself) {
    for (auto text : {"Łódź", "Æther", "ﬁ Ａ１", "İ", "Hawaiʻi", "ŉ", "ǽ"})
        EXPECT_EQ(fold(fold(text)), fold(text)) << text;
}

TEST(Utf8, knows_letters_and_numbers) {
    for (auto character : {"a", "É", "ß", "7", "東", "½"})
        EXPECT_TRUE(is_alphanumeric(character)) << character;
    for (auto character : {" ", "-", "€", "\u0301", ""})
        EXPECT_FALSE(is_alphanumeric(character)) << character;
}

TEST(Hex, writes_two_lowercase_digits_for_each_byte) {
    std::array bytes{std::byte{0x00}, std::byte{0x0A}, std::byte{0xFF}};
    std::string text = "x";
    append_hex(text, bytes);
    EXPECT_EQ(text, "x000aff");
    EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace stagedoor::text
