// The event handlers of expiration.
#pragma once

#include "common/sql/tx.hpp"
#include "contracts/events/orders.hpp"
#include "services/expiration/app.hpp"

namespace stagedoor::expiration::handlers {

void order_created(App& app, sql::Tx& tx, const contracts::OrderCreated& event);
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event);
void order_reopened(App& app, sql::Tx& tx, const contracts::OrderReopened& event);
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event);
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event);

}  // namespace stagedoor::expiration::handlers
