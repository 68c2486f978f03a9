#include "services/tickets/store/words.hpp"

#include <gtest/gtest.h>

namespace stagedoor::tickets::store {

using Texts = std::vector<std::string>;

Texts texts_of(std::string_view text) {
    Texts texts;
    for (auto& word : words_of(text)) texts.push_back(std::move(word.text));
    return texts;
}

TEST(WordsOf, folds_case_and_accents) {
    EXPECT_EQ(texts_of("Ärger im ÉTAT, Straße"), (Texts{"arger", "im", "etat", "strasse"}));
    EXPECT_EQ(texts_of("ﬁlm Ａ１"), (Texts{"film", "a1"}));
    EXPECT_EQ(texts_of("Łódź, Ærø"), (Texts{"lodz", "aero"}));
}

TEST(WordsOf, splits_at_everything_but_letters_and_digits) {
    EXPECT_EQ(texts_of("rock'n'roll 24/7"), (Texts{"rock", "n", "roll", "24", "7"}));
    EXPECT_TRUE(texts_of("!?… — ").empty());
    EXPECT_TRUE(texts_of("").empty());
}

TEST(WordsOf, returns_each_word_once_and_truncates_long_ones) {
    EXPECT_EQ(texts_of("a A á"), (Texts{"a"}));
    EXPECT_EQ(texts_of(std::string(500, 'x')), (Texts{std::string(64, 'x')}));
}

TEST(WordsOf, keeps_other_scripts) {
    EXPECT_EQ(words_of("東京 Москва"), (std::vector<Word>{{"東京", true}, {"москва", false}}));
    EXPECT_EQ(words_of("LIVE東京2026"),
              (std::vector<Word>{{"live", false}, {"東京", true}, {"2026", false}}));
    EXPECT_EQ(words_of("คอนเสิร์ต"), (std::vector<Word>{{"คอนเสรต", true}})) << "without marks";
}

TEST(WordsOf, returns_nothing_for_invalid_utf8) { EXPECT_TRUE(words_of("\xff\xfe").empty()); }

TEST(SearchWords, mark_titles_categories_and_currencies) {
    Ticket ticket{.title = "Blue Lantern", .price = {1000, *Currency::parse("EUR")}};
    ticket.city = "London";
    ticket.description = "blue";
    ticket.category = Category::film;
    EXPECT_EQ(search_words(ticket), " blue film lantern london movie ¤eur §blue §lantern ¶film ⌂london ");
}

TEST(SearchWords, have_pieces_of_runs) {
    Ticket ticket{.title = "東京ドーム", .price = {1000, *Currency::parse("JPY")}};
    EXPECT_EQ(search_words(ticket), " ¤jpy §トーム §ム §ーム §京トー §東京ト トーム ム ーム 京トー 東京ト ");
    EXPECT_EQ(pieces_of("東京ドーム"), (Texts{"東京ド", "京ドー", "ドーム"}));
    EXPECT_EQ(pieces_of("東京"), (Texts{"東京"}));
}

TEST(VocabularyOf, corrects_to_titles_and_places_only) {
    Ticket ticket{.title = "Blue Lantern", .price = {1000, *Currency::parse("EUR")}};
    ticket.venue = "Old 東京 Hall";
    ticket.description = "An old lamp";
    auto vocabulary = vocabulary_of(ticket);
    EXPECT_EQ(vocabulary.correctable, (Texts{"blue", "hall", "lantern", "old"}));
    EXPECT_EQ(vocabulary.others, (Texts{"an", "lamp"}));
}

TEST(Plurals, of_english_words) {
    EXPECT_EQ(singulars_of("concerts"), (Texts{"concert"}));
    EXPECT_EQ(singulars_of("parties"), (Texts{"partie", "party"}));
    EXPECT_EQ(singulars_of("churches"), (Texts{"churche", "church"}));
    EXPECT_EQ(singulars_of("glass"), Texts{});
    EXPECT_EQ(singulars_of("circus"), Texts{});
    EXPECT_EQ(singulars_of("gas"), Texts{});
    EXPECT_EQ(irregular_plural_of("party"), "parties");
    EXPECT_EQ(irregular_plural_of("day"), std::nullopt);
    EXPECT_EQ(irregular_plural_of("y"), std::nullopt);
}

TEST(TypingErrors, are_one_letter_more_less_wrong_or_two_exchanged) {
    for (std::string_view word :
         {"lanten", "lanternn", "alantern", "lantorn", "lanetrn", "antern", "lanterm"}) {
        EXPECT_TRUE(differ_by_one_error(word, "lantern")) << word;
        EXPECT_TRUE(differ_by_one_error("lantern", word)) << word;
    }
    for (std::string_view word : {"lantern", "lanten r", "lnatenr", "lan", "lanternes", "natlern", ""})
        EXPECT_FALSE(differ_by_one_error(word, "lantern")) << word;
    EXPECT_TRUE(differ_by_one_error("москва", "моксва"));
    EXPECT_FALSE(differ_by_one_error("", ""));
}

// By all pairs of short words: an error leaves a variant in common.
TEST(TypingErrors, leave_a_common_variant) {
    std::vector<std::string> words;
    for (std::size_t length = 4; length <= 5; ++length)
        for (unsigned bits = 0; bits < (1U << length); ++bits) {
            std::string word;
            for (std::size_t at = 0; at < length; ++at) word += (bits >> at) & 1U ? 'a' : 'b';
            words.push_back(word);
        }
    for (const auto& one : words)
        for (const auto& other : words) {
            if (!differ_by_one_error(one, other)) continue;
            auto a = variants_of(one), b = variants_of(other);
            EXPECT_NE(std::ranges::find_first_of(a, b), a.end()) << one << " " << other;
        }
}

TEST(TypingErrors, are_not_looked_for_in_short_words_and_numbers) {
    EXPECT_TRUE(variants_of("owl").empty());
    EXPECT_TRUE(variants_of("2026").empty());
    EXPECT_TRUE(variants_of(std::string(25, 'a')).empty());
    EXPECT_EQ(variants_of("abba"), (Texts{"aba", "abb", "abba", "bba"}));
}

}  // namespace stagedoor::tickets::store
