// What a search by words looks up in the entries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/full_text.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::tickets::store {

// A word of the search finds those that begin with it, and its singular or plural. A word that no listing has
// is taken for a typing error, and replaced by the word nearest to it that listings have.
struct TextQuery {
    std::vector<std::string> words;  // what is searched for
    bool corrected = false;          // words differ from what was typed
    // The forms of each word: wherever they are, in titles, and whole words of titles.
    std::vector<sql::FullTextQuery::AnyOf> anywhere, in_title, whole_in_title;

    [[nodiscard]] sql::FullTextQuery all() const { return {anywhere, {}}; }
    // The same listings in three parts, the most relevant first: all words are whole words of the title; all
    // begin words of the title; the rest.
    [[nodiscard]] std::vector<sql::FullTextQuery> by_relevance() const {
        return {{whole_in_title, {}}, {in_title, whole_in_title}, {anywhere, in_title}};
    }
};

// nullopt if the text has no words.
[[nodiscard]] std::optional<TextQuery> text_query(sql::Tx& tx, const std::string& text);

// How many entries the query finds, counted up to `limit`.
[[nodiscard]] std::int64_t count_entries(sql::Tx& tx, const sql::FullTextQuery& query, std::int64_t limit);

// For a search that finds nothing although there are listings for each of its words: the same with one word
// corrected, such that it finds the most.
[[nodiscard]] std::optional<std::string> other_words(sql::Tx& tx, const TextQuery& query);

}  // namespace stagedoor::tickets::store
