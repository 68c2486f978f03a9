// Offers of passes, and passes that change hands.
#pragma once

#include <optional>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/admissions/pass.hpp"

namespace stagedoor::admissions::store {

// The functions that change something take the pass as it was read before. Each first locks the shard of the
// pass, and its guard is in its statement.

// Offers a pass of `holder` and publishes transfer.offered; the open offer if there is one. Throws Conflict
// if it can't be transferred.
[[nodiscard]] TransferRow offer(sql::Tx& tx, const TransferId& id, const PassRow& pass, const UserId& holder);

// `claimant` becomes the holder, in the next generation; publishes transfer.claimed. Nothing happens if the
// same claimant has done so before. Throws Conflict if the offer is not open, or the pass can't be
// transferred.
void claim(sql::Tx& tx, const TransferId& id, const PassRow& pass, const UserId& claimant);

// Ends an open offer and publishes transfer.revoked. False if it isn't open.
bool end_offer(sql::Tx& tx, const TransferId& id, const PassRow& pass);
// Those of an order's passes of one listing.
void end_offers(sql::Tx& tx, const OrderId& order, const TicketId& ticket);

[[nodiscard]] std::optional<TransferRow> find_transfer(sql::Tx& tx, const TransferId& id);

// When each generation after the first began.
[[nodiscard]] std::vector<Generation> transferred_generations(sql::Tx& tx, const PassId& pass);

}  // namespace stagedoor::admissions::store
