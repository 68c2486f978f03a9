// Paging of a collection sorted by id, newest first.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/routing/cursor.hpp"
#include "common/json/limits.hpp"

namespace stagedoor::http {

// The requested page.
struct PageQuery {
    json::Whole<1, 100, 50> limit;
    std::optional<json::Text<1, 500>> after;

    // The page contains the rows before this id; empty for the first page. Throws Invalid for text that is
    // not a cursor of `collection`.
    [[nodiscard]] std::string before(std::string_view collection) const {
        return after ? Cursor::parse(after->value, collection).id : std::string{};
    }
    // How many rows to read: one more than fits on the page, to see whether there is a next page.
    [[nodiscard]] std::int64_t rows() const { return limit.value + 1; }
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (limit, after))

// Removes the extra row and returns the cursor of the next page, if there is one. `id_of(row)` is its id.
template <class Row, class IdOf>
[[nodiscard]] std::optional<std::string> cut_page(std::vector<Row>& rows, const PageQuery& query,
                                                  std::string_view collection, IdOf id_of) {
    auto limit = static_cast<std::size_t>(query.limit.value);
    if (rows.size() <= limit) return std::nullopt;
    rows.resize(limit);
    return Cursor{0, id_of(rows.back()).text}.to_text(collection);
}

}  // namespace stagedoor::http
