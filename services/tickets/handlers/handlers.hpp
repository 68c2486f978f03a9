// The event handlers of tickets.
#pragma once

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::tickets::handlers {

void stock_set(sql::Tx& tx, const contracts::StockSet& event);
void order_created(sql::Tx& tx, const contracts::OrderCreated& event);
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event);
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);

}  // namespace stagedoor::tickets::handlers
