// What each version of a listing offers, and what buyers of an earlier version may do about a change.
#pragma once

#include "common/sql/tx.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::store {

// Stores the offer of a listing's next version. If it differs from the previous one and the event had not
// started by its previous date, buyers of earlier versions may return their tickets for a while. Call it
// before the projection in `tickets` changes.
void save_offer(sql::Tx& tx, const contracts::Listing& listing);

// One for each item of the order, by ticket id like its items.
[[nodiscard]] sql::LaterRows<BoughtOffer> bought_offers(sql::Tx& tx, const OrderId& order);

}  // namespace stagedoor::orders::store
