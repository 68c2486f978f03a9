// What a browser wants to follow.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::client::live {

enum class Kind { ticket, order };
[[nodiscard]] std::string_view to_text(Kind kind);

struct Topic {
    Kind kind = Kind::ticket;
    std::string id;

    auto operator<=>(const Topic&) const = default;
};
// "ticket:0190…", as pages name it in data-live.
[[nodiscard]] std::string to_text(const Topic& topic);

// Of one stream. A few tabs with lists; with all of them, the address has 3 KB.
inline constexpr std::size_t max_tickets = 60, max_orders = 20;

// Those in a query: tickets=ID,ID&orders=ID. Each once, at least one. Throws Invalid.
[[nodiscard]] std::vector<Topic> topics_in(std::string_view query);

}  // namespace stagedoor::client::live
