// What a visitor searches for: the query parameters that the API and the pages share, and the addresses of
// the pages that show the results.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "services/client/form.hpp"

namespace stagedoor::client {

inline constexpr std::array<std::string_view, 9> filters{"q",        "category", "city",     "from", "to",
                                                         "minPrice", "maxPrice", "currency", "sort"};

// "New York" and "new-york" are both "new-york" in addresses.
[[nodiscard]] std::string slug_of(std::string_view name);

// Appends a query parameter, unless its value is empty.
void append_parameter(std::string& address, std::string_view name, std::string_view value);

// The page with these filters, one of them changed: "/", "/categories/concert", "/cities/berlin", or "/?q=…".
[[nodiscard]] std::string search_url(const Form& query, std::string_view changed = {},
                                     std::string_view value = {});

}  // namespace stagedoor::client
