// The search for listings by words, date, price and other filters. Prices are compared within a currency
// only.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/http/routing/cursor.hpp"
#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

enum class SortOrder { date, price, price_descending, newest, relevance };
constexpr auto wire_names(SortOrder) {
    return std::array{std::pair{SortOrder::date, std::string_view{"date"}},
                      std::pair{SortOrder::price, std::string_view{"price"}},
                      std::pair{SortOrder::price_descending, std::string_view{"-price"}},
                      std::pair{SortOrder::newest, std::string_view{"new"}},
                      std::pair{SortOrder::relevance, std::string_view{"relevance"}}};
}

struct Filter {
    std::optional<std::string> words;
    std::optional<Category> category;
    std::optional<std::string> city, event;  // a city_key, an event_key (words.hpp)
    // The event's date where it takes place, or its time; all inclusive. Days since 1970-01-01.
    std::optional<std::int64_t> from_day, to_day;
    std::optional<Instant> from, to;
    std::optional<Currency> currency;
    std::optional<Money> min_price, max_price;
    std::optional<UserId> seller;
    SortOrder sort = SortOrder::date;
};

struct SearchResult {
    std::vector<Ticket> tickets;
    std::optional<http::Cursor> last;  // points at the last ticket, if there are more pages
};

// A search looks up and sorts at most this many entries; if it might find more, it reads all of them in the
// order wanted. With a million listings either takes some milliseconds.
inline constexpr std::int64_t default_max_candidates = 5'000;

// The first `limit` matches after `after` that can be bought at `now`. Past events are left out.
[[nodiscard]] SearchResult search(sql::Tx& tx, const Filter& filter, const std::optional<http::Cursor>& after,
                                  std::int64_t limit, Instant now,
                                  std::int64_t max_candidates = default_max_candidates);

// A city and how many listings there are.
struct CityListings {
    std::string name;
    std::int64_t listings = 0;
};
BOOST_DESCRIBE_STRUCT(CityListings, (), (name, listings))

// The cities with the most listings of events that are still to come, the most first. Reads an entry of an
// index for each of these listings.
[[nodiscard]] std::vector<CityListings> popular_cities(sql::Tx& tx, Instant now);

// How many listings a search finds.
struct SearchSummary {
    std::int64_t count = 0;
    bool more = false;                        // there may be more than `count`
    std::optional<std::string> searched_for;  // instead of the words, in which there was a typing error
    std::optional<std::string> did_you_mean;  // would find something
};
BOOST_DESCRIBE_STRUCT(SearchSummary, (), (count, more, searched_for, did_you_mean))

// Counts up to a thousand, among the first `max_candidates` entries that it looks at.
[[nodiscard]] SearchSummary summarize(sql::Tx& tx, const Filter& filter, Instant now,
                                      std::int64_t max_candidates = default_max_candidates);

enum class SuggestionKind { city, title };
constexpr auto wire_names(SuggestionKind) {
    return std::array{std::pair{SuggestionKind::city, std::string_view{"city"}},
                      std::pair{SuggestionKind::title, std::string_view{"title"}}};
}

struct Suggestion {
    SuggestionKind kind = SuggestionKind::title;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Suggestion, (), (kind, text))

// What somebody who has typed `text` may be looking for: cities that begin with it, and titles that
// have its words. Each finds something that is on sale.
[[nodiscard]] std::vector<Suggestion> suggest(sql::Tx& tx, const std::string& text, Instant now);

}  // namespace stagedoor::tickets::store
