// The event handlers of payments, each defined in a file named after its event.
#pragma once

#include "common/messaging/inbox.hpp"
#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "services/payments/app.hpp"

namespace stagedoor::payments::handlers {

void order_created(sql::Tx& tx, const contracts::OrderCreated& event);
void orders_awaiting(App& app, sql::Tx& tx, messaging::Batch<contracts::OrderAwaiting> events);
void order_reopened(sql::Tx& tx, const contracts::OrderReopened& event);
void orders_completed(sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);
void order_cancelled(App& app, sql::Tx& tx, const contracts::OrderCancelled& event);

}  // namespace stagedoor::payments::handlers
