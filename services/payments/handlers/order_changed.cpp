#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::handlers {

// order.created: it can be paid from now on.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) { store::copy_new(tx, event); }

// order.reopened: it can be paid again.
void order_reopened(sql::Tx& tx, const contracts::OrderReopened& event) { store::copy_change(tx, event); }

// order.completed: the tickets are the buyer's.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) { store::copy_change(tx, event); }

}  // namespace stagedoor::payments::handlers
