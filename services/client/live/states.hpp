// What events say about a listing or an order.
#pragma once

#include <string>

#include "services/client/api.hpp"
#include "services/client/cards.hpp"

namespace stagedoor::client::live {

// As Card::state. The version alone would not do: an order whose hold has expired is cancelled from then on,
// and changes later.
[[nodiscard]] std::string state_of(const Order& order);

// The members of an event's data, as JSON without braces.
[[nodiscard]] std::string members_of(const Listing& listing, Instant now, const language::Catalog& catalog);
[[nodiscard]] std::string members_of(const Order& order);

}  // namespace stagedoor::client::live
