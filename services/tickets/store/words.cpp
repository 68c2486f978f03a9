#include "services/tickets/store/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/text/ascii.hpp"
#include "common/text/code_points.hpp"
#include "common/text/digest.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::size_t max_word_bytes = 64;
constexpr std::size_t piece_letters = 3;
constexpr std::size_t min_correctable_letters = 4, max_correctable_letters = 24;

// UTF-8 compares like code points.
struct Range {
    std::string_view first, last;
};

// The blocks of Unicode with letters of the scripts that put no blanks between words.
constexpr auto unspaced = std::to_array<Range>({{"\u0E00", "\u0EFF"},            // Thai, Lao
                                                {"\u1000", "\u109F"},            // Burmese
                                                {"\u1780", "\u17FF"},            // Khmer
                                                {"\u3005", "\u30FF"},            // kana
                                                {"\u31F0", "\u31FF"},            // kana
                                                {"\u3400", "\u9FFF"},            // Han
                                                {"\uA9E0", "\uA9FF"},            // Burmese
                                                {"\uAA60", "\uAA7F"},            // Burmese
                                                {"\uF900", "\uFAFF"},            // Han
                                                {"\U00020000", "\U0003FFFF"}});  // Han

bool is_unspaced(std::string_view letter) {
    return letter.size() > 1 && std::ranges::any_of(unspaced, [&](const Range& range) {
               return range.first <= letter && letter <= range.last;
           });
}

// The names by which people look for a category.
std::vector<std::string_view> names_of(Category category) {
    switch (category) {
        case Category::concert:
            return {"concert"};
        case Category::theatre:
            return {"theatre", "theater"};
        case Category::comedy:
            return {"comedy"};
        case Category::sport:
            return {"sport"};
        case Category::festival:
            return {"festival"};
        case Category::family:
            return {"family"};
        case Category::film:
            return {"film", "movie"};
        case Category::other:
            return {};
    }
    return {};
}

std::string place_and_category(const Ticket& ticket) {
    auto text = ticket.venue.value_or("") + " " + ticket.city.value_or("");
    if (ticket.category)
        for (auto name : names_of(*ticket.category)) text += " " + std::string{name};
    return text;
}

void insert_words(std::set<std::string>& row, std::string_view text, std::string_view mark = "") {
    for (const auto& word : words_of(text)) {
        if (!word.is_run) {
            row.insert(std::string{mark} + word.text);
            continue;
        }
        auto letters = text::split_code_points(word.text);
        for (std::size_t at = 0; at < letters.size(); ++at) {
            auto end = std::min(at + piece_letters, letters.size());
            row.insert(std::string{mark} +
                       std::string{letters[at].data(), letters[end - 1].data() + letters[end - 1].size()});
        }
    }
}

void insert_vocabulary(std::set<std::string>& vocabulary, std::string_view text) {
    for (auto& word : words_of(text))
        if (!word.is_run) vocabulary.insert(std::move(word.text));
}

bool is_vowel(char c) { return std::string_view{"aeiou"}.contains(c); }

}  // namespace

std::vector<Word> words_of(std::string_view text) {
    auto folded = text::fold(text);
    std::vector<Word> words;
    std::set<Word> seen;
    Word word;
    auto end_word = [&] {
        if (!word.text.empty() && seen.insert(word).second) words.push_back(word);
        word.text.clear();
    };
    for (auto letter : text::split_code_points(folded)) {
        if (!text::is_alphanumeric(letter)) {
            end_word();
            continue;
        }
        auto in_run = is_unspaced(letter);
        if (in_run != word.is_run) end_word();
        word.is_run = in_run;
        if (in_run || word.text.size() + letter.size() <= max_word_bytes) word.text += letter;
    }
    end_word();
    return words;
}

std::string city_key(std::string_view city) {
    std::string key;
    for (const auto& word : words_of(city)) key += word.text;
    return std::string{text::prefix(key, max_word_bytes)};
}

std::optional<std::string> event_key(std::string_view title, const std::optional<std::string>& venue,
                                     const std::optional<Instant>& starts_at) {
    constexpr std::size_t bytes = 16, digits = 20;
    if (!venue || !starts_at) return std::nullopt;
    std::string identity = starts_at->to_text();
    for (auto text : {title, std::string_view{*venue}}) {
        identity += '\n';
        for (const auto& word : words_of(text)) identity += word.text + " ";
    }
    return text::digest(identity, bytes).substr(0, digits);
}

std::string search_words(const Ticket& ticket) {
    std::set<std::string> row;
    insert_words(row, ticket.title);
    insert_words(row, ticket.title, title_mark);
    insert_words(row, place_and_category(ticket));
    insert_words(row, ticket.description.value_or(""));
    insert_words(row, ticket.price.currency.code(), currency_mark);
    if (ticket.category) insert_words(row, json::to_text(*ticket.category), category_mark);
    auto insert_key = [&](std::string_view mark, const std::string& key) {
        if (!key.empty()) row.insert(std::string{mark} + key);
    };
    insert_key(city_mark, city_key(ticket.city.value_or("")));
    insert_key(event_mark, event_key(ticket).value_or(""));
    return fmt::format(" {} ", fmt::join(row, " "));
}

Vocabulary vocabulary_of(const Ticket& ticket) {
    std::set<std::string> correctable, others;
    insert_vocabulary(correctable, ticket.title);
    insert_vocabulary(correctable, place_and_category(ticket));
    insert_vocabulary(others, ticket.description.value_or(""));
    for (const auto& word : correctable) others.erase(word);
    return {{correctable.begin(), correctable.end()}, {others.begin(), others.end()}};
}

std::vector<std::string> pieces_of(std::string_view run) {
    auto letters = text::split_code_points(run);
    if (letters.size() <= piece_letters) return {std::string{run}};
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at + piece_letters <= letters.size(); ++at)
        pieces.push_back(fmt::format(
            "{}", fmt::join(letters.begin() + static_cast<std::ptrdiff_t>(at),
                            letters.begin() + static_cast<std::ptrdiff_t>(at + piece_letters), "")));
    return pieces;
}

std::vector<std::string> singulars_of(std::string_view word) {
    if (word.size() < 4 || !word.ends_with('s') || word.ends_with("ss") || word.ends_with("us")) return {};
    std::vector<std::string> singulars{std::string{word.substr(0, word.size() - 1)}};
    if (word.ends_with("es")) singulars.emplace_back(word.substr(0, word.size() - 2));
    if (word.ends_with("ies")) singulars.back() = std::string{word.substr(0, word.size() - 3)} + "y";
    return singulars;
}

std::optional<std::string> irregular_plural_of(std::string_view word) {
    if (word.size() < 3 || !word.ends_with('y') || is_vowel(word[word.size() - 2])) return std::nullopt;
    return std::string{word.substr(0, word.size() - 1)} + "ies";
}

std::vector<std::string> variants_of(std::string_view word) {
    auto letters = text::split_code_points(word);
    if (letters.size() < min_correctable_letters || letters.size() > max_correctable_letters ||
        std::ranges::any_of(word, [](char c) { return text::is_digit(c); }))
        return {};
    std::set<std::string> variants{std::string{word}};
    std::size_t at = 0;
    for (auto letter : letters) {
        variants.insert(std::string{word.substr(0, at)} + std::string{word.substr(at + letter.size())});
        at += letter.size();
    }
    return {variants.begin(), variants.end()};
}

bool differ_by_one_error(std::string_view one, std::string_view other) {
    auto a = text::split_code_points(one), b = text::split_code_points(other);
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > 1) return false;
    auto [from_a, from_b] = std::ranges::mismatch(a, b);
    auto rest_a = std::span{from_a, a.end()}, rest_b = std::span{from_b, b.end()};
    if (a.size() < b.size()) return std::ranges::equal(rest_a, rest_b.subspan(1));
    if (rest_a.empty()) return false;
    if (std::ranges::equal(rest_a.subspan(1), rest_b.subspan(1))) return true;
    return rest_a.size() >= 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
           std::ranges::equal(rest_a.subspan(2), rest_b.subspan(2));
}

}  // namespace stagedoor::tickets::store
