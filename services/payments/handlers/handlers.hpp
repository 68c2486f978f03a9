// The event handlers of payments, each defined in a file named after its event.
#pragma once

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "services/payments/app.hpp"

namespace stagedoor::payments::handlers {

void order_created(sql::Tx& tx, const contracts::OrderCreated& event);
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event);
void order_reopened(App& app, sql::Tx& tx, const contracts::OrderReopened& event);
void order_completed(App& app, sql::Tx& tx, const contracts::OrderCompleted& event);
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event);
void order_cancelled(App& app, sql::Tx& tx, const contracts::OrderCancelled& event);

}  // namespace stagedoor::payments::handlers
