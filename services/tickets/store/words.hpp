// The words of listings and searches.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

// A folded word (text::fold) of letters and digits. Scripts that put no blanks between words (Chinese,
// Japanese, Thai, Lao, Khmer, Burmese) have runs of letters instead, in which a search finds any part.
struct Word {
    std::string text;
    bool is_run = false;
    friend auto operator<=>(const Word&, const Word&) = default;
};

// The distinct words of a text, in the order in which they first occur: split at everything but letters and
// digits, at most 64 bytes of each.
[[nodiscard]] std::vector<Word> words_of(std::string_view text);

// What a search by words looks up in a row (sql::FullTextQuery): a word as it is; of a run, three letters
// from each position on, or what is left of it. `title_mark` in front says that it is in the title.
// `category_mark`, `currency_mark`, `city_mark` and `event_mark` are in front of a category's name, a
// currency's code, a city_key and an event_key.
inline constexpr std::string_view title_mark = "§", category_mark = "¶", currency_mark = "¤", city_mark = "⌂",
                                  event_mark = "†";

// A city's name as one word, whatever its case, accents and punctuation: "Sankt Pölten" and "sankt-polten"
// are both "sanktpolten".
[[nodiscard]] std::string city_key(std::string_view city);

// The same for all listings with this title, venue and start, as 20 hexadecimal digits; nullopt without a
// venue or a start: who knows whether it is the same event.
[[nodiscard]] std::optional<std::string> event_key(std::string_view title,
                                                   const std::optional<std::string>& venue,
                                                   const std::optional<Instant>& starts_at);
[[nodiscard]] inline std::optional<std::string> event_key(const Ticket& ticket) {
    return event_key(ticket.title, ticket.venue, ticket.starts_at);
}

// Of the listing's title, venue, city, description, category, currency and event; as the column of a row.
[[nodiscard]] std::string search_words(const Ticket& ticket);

// The words of title, venue, city and category, to which a search with a typing error is corrected; and those
// of the description. Sorted.
struct Vocabulary {
    std::vector<std::string> correctable, others;
};
[[nodiscard]] Vocabulary vocabulary_of(const Ticket& ticket);

// What a listing's entry is made of.
struct SearchText {
    explicit SearchText(const Ticket& ticket)
        : words(search_words(ticket)), vocabulary(vocabulary_of(ticket)), city(ticket.city) {}

    std::string words;
    Vocabulary vocabulary;
    std::optional<std::string> city;
};

// The pieces of a run that a row must have if it contains the run: all its sequences of three letters. The
// first two letters of a piece, or the first, stand for a shorter run.
[[nodiscard]] std::vector<std::string> pieces_of(std::string_view run);

// English plurals: forms that `word` may be the plural of ("parties": "party", "partie"), and forms that may
// be its plural but don't begin with it ("party": "parties").
[[nodiscard]] std::vector<std::string> singulars_of(std::string_view word);
[[nodiscard]] std::optional<std::string> irregular_plural_of(std::string_view word);

// ---- One typing error: a letter too many, missing, or wrong, or two neighbours exchanged. Two words that
// differ by one have a variant in common, so that an index of variants finds one by the other (Garbe's
// symmetric delete spelling correction, https://github.com/wolfgarbe/SymSpell).

// The word and what is left of it without one of its letters; empty if the word is too short (3), too long
// (25) or has a digit, as "24" is no error for "25". Sorted, distinct.
[[nodiscard]] std::vector<std::string> variants_of(std::string_view word);
[[nodiscard]] bool differ_by_one_error(std::string_view one, std::string_view other);

}  // namespace stagedoor::tickets::store
