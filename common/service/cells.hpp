// A marketplace in several cells, each with its own tickets, orders, payments and admissions:
// docs/decisions/0045-cells.md.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/instant.hpp"

namespace stagedoor {

// The addresses of each service, one per replica: "http://127.0.0.1:4001".
using ServiceAddresses = std::map<std::string, std::vector<std::string>, std::less<>>;

// The services that others send requests to in the cell of a listing or an order.
inline constexpr std::array<std::string_view, 4> services_of_a_cell{"tickets", "orders", "payments",
                                                                    "admissions"};

struct Cells {
    std::map<int, ServiceAddresses> addresses;  // by the cell's number; empty: there are no cells
    Instant since;                              // listings and orders from before are in the first cell

    [[nodiscard]] bool empty() const { return addresses.empty(); }
    [[nodiscard]] bool have(std::string_view service) const {
        return !empty() && addresses.begin()->second.contains(service);
    }
    // Where a listing or an order is, by its id; nullopt: in none of these cells. Needs a cell.
    [[nodiscard]] std::optional<int> of(std::string_view id) const;
};

}  // namespace stagedoor
