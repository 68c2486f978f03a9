// The search for listings by words, date, price and other filters. Prices are compared within a currency
// only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/http/routing/cursor.hpp"
#include "common/sql/tx.hpp"
#include "services/tickets/listing.hpp"

namespace stagedoor::tickets::store {

enum class SortOrder { date, price, price_descending, newest };
constexpr auto wire_names(SortOrder) {
    return std::array{std::pair{SortOrder::date, std::string_view{"date"}},
                      std::pair{SortOrder::price, std::string_view{"price"}},
                      std::pair{SortOrder::price_descending, std::string_view{"-price"}},
                      std::pair{SortOrder::newest, std::string_view{"new"}}};
}

struct Filter {
    std::optional<std::string> words;
    std::optional<Category> category;
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

// A search looks up and sorts at most this many listings; if it might find more, it reads all of them in the
// order wanted. With a million listings either takes some 10 ms.
inline constexpr std::int64_t default_max_candidates = 5'000;

// The first `limit` matches after `after` that can be bought at `now`. Past events are left out.
[[nodiscard]] SearchResult search(sql::Tx& tx, const Filter& filter, const std::optional<http::Cursor>& after,
                                  std::int64_t limit, Instant now,
                                  std::int64_t max_candidates = default_max_candidates);

}  // namespace stagedoor::tickets::store
