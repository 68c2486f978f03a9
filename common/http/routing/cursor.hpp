// Keyset paging: the sort key and id of a page's last row. The next page starts right after it, whatever was
// added or removed in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::http {

struct Cursor {
    std::int64_t key = 0;
    std::string id;

    // Opaque text, bound to `query`: everything else that decides what the pages contain (filters, sort
    // order).
    [[nodiscard]] std::string to_text(std::string_view query) const;
    // Throws Invalid (field "after") unless `text` was made by to_text() for this query.
    [[nodiscard]] static Cursor parse(std::string_view text, std::string_view query);
};

}  // namespace stagedoor::http
