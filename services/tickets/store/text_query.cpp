#include "services/tickets/store/text_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "services/tickets/store/statement.hpp"
#include "services/tickets/store/vocabulary.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {
namespace {

using AnyOf = sql::FullTextQuery::AnyOf;
constexpr std::size_t max_words_to_correct = 8;
constexpr std::int64_t enough_to_compare = 100;  // corrections that find more than this count as equal

AnyOf in_title(const AnyOf& terms) {
    auto marked = terms;
    for (auto& term : marked) term.text.insert(0, title_mark);
    return marked;
}

// Looked up one by one, words are found sooner than by their prefix.
AnyOf completions_of(sql::Tx& tx, const std::string& word) {
    auto completions = words_with(tx, word);
    if (!completions) return {{word, true}};
    AnyOf terms;
    for (auto& each : *completions) terms.push_back({std::move(each)});
    if (terms.empty()) terms.push_back({word});
    return terms;
}

std::vector<std::string> other_forms_of(const std::string& word) {
    auto forms = singulars_of(word);
    if (auto plural = irregular_plural_of(word)) forms.push_back(std::move(*plural));
    return forms;
}

void add_run(TextQuery& query, const std::string& run) {
    auto pieces = pieces_of(run);
    auto is_prefix = pieces.size() == 1;
    for (auto& piece : pieces) {
        AnyOf terms{{std::move(piece), is_prefix}};
        query.in_title.push_back(in_title(terms));
        query.whole_in_title.push_back(in_title(terms));
        query.anywhere.push_back(std::move(terms));
    }
}

void add_word(sql::Tx& tx, TextQuery& query, const std::string& word) {
    auto terms = completions_of(tx, word);
    AnyOf whole{{word}, {word + "s"}, {word + "es"}};
    for (auto& form : other_forms_of(word)) {
        terms.push_back({form});
        whole.push_back({std::move(form)});
    }
    query.in_title.push_back(in_title(terms));
    query.whole_in_title.push_back(in_title(whole));
    query.anywhere.push_back(std::move(terms));
}

TextQuery query_of(sql::Tx& tx, const std::vector<Word>& words) {
    TextQuery query;
    for (const auto& word : words) {
        query.words.push_back(word.text);
        word.is_run ? add_run(query, word.text) : add_word(tx, query, word.text);
    }
    return query;
}

// The correction by which `query_with` finds the most entries; of equal ones the first.
template <class QueryWith>
std::optional<std::pair<std::int64_t, std::string>> best_correction(sql::Tx& tx, const std::string& word,
                                                                    QueryWith query_with) {
    std::optional<std::pair<std::int64_t, std::string>> best;
    for (auto& correction : corrections_of(tx, word)) {
        auto found = count_entries(tx, query_with(correction), enough_to_compare);
        if (found > (best ? best->first : 0)) best = {found, std::move(correction)};
    }
    return best;
}

sql::FullTextQuery query_for(const std::string& word) { return {{{{word}}}, {}}; }

// Replaces the words that no listing has; false if there is nothing to replace, or nothing to replace it by.
bool correct(sql::Tx& tx, std::vector<Word>& words, const TextQuery& query) {
    if (words.size() > max_words_to_correct || query.anywhere.size() != words.size()) return false;
    auto corrected = false;
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (count_entries(tx, {{query.anywhere[at]}, {}}, 1) > 0) continue;
        auto best = best_correction(tx, words[at].text, query_for);
        if (!best) return false;
        words[at].text = std::move(best->second);
        corrected = true;
    }
    return corrected;
}

}  // namespace

std::optional<TextQuery> text_query(sql::Tx& tx, const std::string& text) {
    auto words = words_of(text);
    if (words.empty()) return std::nullopt;
    auto query = query_of(tx, words);
    if (count_entries(tx, query.all(), 1) > 0 || !correct(tx, words, query)) return query;
    query = query_of(tx, words);
    query.corrected = true;
    return query;
}

std::int64_t count_entries(sql::Tx& tx, const sql::FullTextQuery& query, std::int64_t limit) {
    Statement statement{"SELECT count(*) FROM ("};
    statement.append(sql::matching_ids(tx.dialect(), "search_entries", "words", query));
    statement.append(" LIMIT ?) AS found", {sql::parameter(limit)});
    return statement.rows<std::int64_t>(tx).front();
}

std::optional<std::string> other_words(sql::Tx& tx, const TextQuery& query) {
    if (query.words.size() > max_words_to_correct || query.anywhere.size() != query.words.size())
        return std::nullopt;
    std::int64_t most = 0;
    std::optional<std::string> best;
    for (std::size_t at = 0; at < query.words.size(); ++at) {
        auto correction = best_correction(tx, query.words[at], [&](const std::string& word) {
            auto other = query.all();
            other.all_of[at] = {{word}};
            return other;
        });
        if (!correction || correction->first <= most) continue;
        auto words = query.words;
        words[at] = std::move(correction->second);
        most = correction->first;
        best = fmt::format("{}", fmt::join(words, " "));
    }
    return best;
}

}  // namespace stagedoor::tickets::store
