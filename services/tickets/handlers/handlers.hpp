// The event handlers of tickets.
#pragma once

#include "common/messaging/inbox.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::tickets::handlers {

void seller_named(sql::Tx& tx, const contracts::SellerNamed& event);
void stock_set(sql::Tx& tx, const contracts::StockSet& event);
void orders_created(sql::Tx& tx, messaging::Batch<contracts::OrderCreated> events);
void orders_cancelled(sql::Tx& tx, messaging::Batch<contracts::OrderCancelled> events);
void orders_completed(sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);

}  // namespace stagedoor::tickets::handlers
