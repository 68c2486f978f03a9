#include "services/tickets/store/vocabulary.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_set>

#include "common/sql/row_inserter.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::size_t max_known_rows = 50'000;
constexpr std::size_t max_completions = 64, max_corrections = 16;

// The last Unicode code point: appended to a prefix, it sorts after every word with that prefix.
constexpr std::string_view above_any_suffix = "\xF4\x8F\xBF\xBF";

// What a row is remembered by: words can't contain the blank.
std::string correctable_row(const std::string& word) { return "correctable " + word; }
std::string city_row(const std::string& folded) { return "city " + folded; }

}  // namespace

struct KnownWords::Rows {
    mutable std::mutex mutex;
    std::unordered_set<std::string> known;
};

KnownWords::KnownWords() : rows_(std::make_shared<Rows>()) {}

bool KnownWords::contains(const std::string& row) const {
    std::lock_guard lock{rows_->mutex};
    return rows_->known.contains(row);
}

void KnownWords::add(sql::Tx& tx, std::vector<std::string> rows) {
    if (rows.empty()) return;
    tx.after_commit([all = rows_, rows = std::move(rows)] {
        std::lock_guard lock{all->mutex};
        if (all->known.size() + rows.size() > max_known_rows) all->known.clear();
        all->known.insert(rows.begin(), rows.end());
    });
}

// Rows that another transaction is inserting, too, make this one wait: sorted, so that no two wait for each
// other.
void add_vocabulary(sql::Tx& tx, KnownWords& known, std::span<const SearchText* const> listings) {
    std::set<std::string> words, known_from_now_on;
    std::set<std::pair<std::string, std::string>> variants;
    std::map<std::string, std::string> cities;
    for (const auto* listing : listings) {
        for (const auto& word : listing->vocabulary.others) {
            if (known.contains(word) || known.contains(correctable_row(word))) continue;
            words.insert(word);
            known_from_now_on.insert(word);
        }
        for (const auto& word : listing->vocabulary.correctable) {
            auto row = correctable_row(word);
            if (known.contains(row) || !known_from_now_on.insert(std::move(row)).second) continue;
            words.insert(word);
            for (auto& variant : variants_of(word)) variants.emplace(std::move(variant), word);
        }
        if (!listing->city) continue;
        auto folded = text::fold(*listing->city);
        if (auto row = city_row(folded); !known.contains(row)) {
            known_from_now_on.insert(std::move(row));
            cities.try_emplace(std::move(folded), *listing->city);
        }
    }
    constexpr auto unless_there = "ON CONFLICT DO NOTHING";
    sql::RowInserter new_words{tx, "words(word)", unless_there};
    for (const auto& word : words) new_words.add(word);
    new_words.flush();
    sql::RowInserter new_variants{tx, "word_variants(variant, word)", unless_there};
    for (const auto& [variant, word] : variants) new_variants.add(variant, word);
    new_variants.flush();
    sql::RowInserter new_cities{tx, "cities(folded, name)", unless_there};
    for (const auto& [folded, name] : cities) new_cities.add(folded, name);
    new_cities.flush();
    known.add(tx, {known_from_now_on.begin(), known_from_now_on.end()});
}

std::optional<std::vector<std::string>> words_with(sql::Tx& tx, const std::string& prefix) {
    auto words =
        tx.query<std::string>("SELECT word FROM words WHERE word >= $1 AND word < $2 ORDER BY word LIMIT $3",
                              prefix, prefix + std::string{above_any_suffix}, max_completions + 1);
    if (words.size() > max_completions) return std::nullopt;
    return words;
}

std::vector<std::string> corrections_of(sql::Tx& tx, std::string_view word) {
    auto forms = singulars_of(word);
    forms.emplace_back(word);
    std::set<std::string> variants;
    for (const auto& form : forms)
        for (auto& variant : variants_of(form)) variants.insert(std::move(variant));
    std::vector<sql::LaterRows<std::string>> found;
    for (const auto& variant : variants)
        found.push_back(
            tx.query_later<std::string>("SELECT word FROM word_variants WHERE variant = $1", variant));
    std::set<std::string> corrections;
    for (auto& rows : found)
        for (auto& candidate : rows.get())
            if (std::ranges::any_of(forms,
                                    [&](const auto& form) { return differ_by_one_error(form, candidate); }))
                corrections.insert(std::move(candidate));
    std::vector<std::string> sorted{corrections.begin(), corrections.end()};
    std::ranges::sort(sorted, {}, [&](const auto& each) {
        return std::pair{each.front() != word.front(), std::string_view{each}};
    });
    if (sorted.size() > max_corrections) sorted.resize(max_corrections);
    return sorted;
}

std::vector<std::string> cities_with(sql::Tx& tx, const std::string& folded, std::int64_t limit) {
    return tx.query<std::string>(
        "SELECT name FROM cities WHERE folded >= $1 AND folded < $2 ORDER BY folded LIMIT $3", folded,
        folded + std::string{above_any_suffix}, limit);
}

}  // namespace stagedoor::tickets::store
