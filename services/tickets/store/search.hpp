// What is on sale, by the words, dates and prices that a buyer looks for.
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

struct Wanted {
    std::optional<std::string> words;
    std::optional<Category> category;
    std::optional<Instant> from, to;  // of the event, both included
    std::optional<Currency> currency;
    std::optional<Money> min_price, max_price;
    std::optional<UserId> seller;
    SortOrder sort = SortOrder::date;
};

struct Found {
    std::vector<Ticket> tickets;
    std::optional<http::Cursor> last;  // of the last ticket, when there are more
};

// What can be bought at `now`, those after `after`; past events are left out.
[[nodiscard]] Found search(sql::Tx& tx, const Wanted& wanted, const std::optional<http::Cursor>& after,
                           std::int64_t limit, Instant now);

}  // namespace stagedoor::tickets::store
