#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::handlers {

// order.created: the order can be paid from now on.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) { store::add_order(tx, event); }

// order.reopened: the order can be paid again.
void order_reopened(sql::Tx& tx, const contracts::OrderReopened& event) { store::update_order(tx, event); }

// order.completed: updates the projection.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) { store::update_order(tx, event); }

}  // namespace stagedoor::payments::handlers
