// Paging of a collection that is in the order of its ids, newest first.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/routing/cursor.hpp"
#include "common/json/limits.hpp"

namespace stagedoor::http {

// Which page is asked for.
struct PageQuery {
    json::Whole<1, 100, 50> limit;
    std::optional<json::Text<1, 500>> after;

    // The id that the page's rows lie before; empty for the first page. Throws Invalid for a cursor that isn't one of
    // `collection`.
    [[nodiscard]] std::string before(std::string_view collection) const {
        return after ? Cursor::parse(after->value, collection).id : std::string{};
    }
    // One row more than is shown tells whether there is a next page.
    [[nodiscard]] std::int64_t rows() const { return limit.value + 1; }
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (limit, after))

// Cuts off the row that was read too much; the cursor of the next page, if there is one. `id_of(row)` gives its id.
template <class Row, class IdOf>
[[nodiscard]] std::optional<std::string> cut_page(std::vector<Row>& rows, const PageQuery& query,
                                                  std::string_view collection, IdOf id_of) {
    auto limit = static_cast<std::size_t>(query.limit.value);
    if (rows.size() <= limit) return std::nullopt;
    rows.resize(limit);
    return Cursor{0, id_of(rows.back()).text}.to_text(collection);
}

}  // namespace stagedoor::http
