#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::handlers {

// order.created: the order can be paid from now on.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) { store::add_order(tx, event); }

// order.reopened: the order can be paid again.
void order_reopened(sql::Tx& tx, const contracts::OrderReopened& event) { store::update_order(tx, event); }

// order.completed: the buyer who waits for the outcome of the payment gets it.
void orders_completed(sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events) {
    store::OrderUpdates updates;
    for (const auto& [order, traceparent] : events) updates.add(tx, order);
    updates.require_known();
}

}  // namespace stagedoor::payments::handlers
