#include "services/tickets/store/words.hpp"

#include <gtest/gtest.h>

namespace stagedoor::tickets::store {

using Words = std::vector<std::string>;

TEST(WordsOf, folds_case_and_accents) {
    EXPECT_EQ(words_of("Ärger im ÉTAT, Straße"), (Words{"arger", "etat", "im", "strasse"}));
    EXPECT_EQ(words_of("ﬁlm Ａ１"), (Words{"a1", "film"}));
    EXPECT_EQ(words_of("Łódź, Ærø"), (Words{"aero", "lodz"}));
}

TEST(WordsOf, splits_at_everything_but_letters_and_digits) {
    EXPECT_EQ(words_of("rock'n'roll 24/7"), (Words{"24", "7", "n", "rock", "roll"}));
    EXPECT_TRUE(words_of("!?… — ").empty());
    EXPECT_TRUE(words_of("").empty());
}

TEST(WordsOf, returns_each_word_once_and_truncates_long_ones) {
    EXPECT_EQ(words_of("a A á"), (Words{"a"}));
    EXPECT_EQ(words_of(std::string(500, 'x')), (Words{std::string(64, 'x')}));
}

TEST(WordsOf, keeps_other_scripts) { EXPECT_EQ(words_of("東京 Москва"), (Words{"москва", "東京"})); }

TEST(WordsOf, returns_nothing_for_invalid_utf8) { EXPECT_TRUE(words_of("\xff\xfe").empty()); }

}  // namespace stagedoor::tickets::store
