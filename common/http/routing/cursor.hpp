// Where a page ended: the sort key and id of its last row, so that the next page starts right behind it
// whatever was added or removed in between (keyset paging).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::http {

struct Cursor {
    std::int64_t key = 0;
    std::string id;

    // Opaque text, bound to `query`: whatever else decides what the pages hold (filters, sort order).
    [[nodiscard]] std::string to_text(std::string_view query) const;
    // Throws Invalid (field "after") for what to_text() didn't make, or made for another query.
    [[nodiscard]] static Cursor parse(std::string_view text, std::string_view query);
};

}  // namespace stagedoor::http
