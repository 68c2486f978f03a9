#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::handlers {

// order.created: the order can be paid from now on.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) { store::add_order(tx, event); }

// order.reopened: the order can be paid again.
void order_reopened(App& app, sql::Tx& tx, const contracts::OrderReopened& event) {
    store::update_order(tx, event);
    app.hint_after_commit(tx, event.id);
}

// order.completed: the buyer who waits for the outcome of the payment gets it.
void order_completed(App& app, sql::Tx& tx, const contracts::OrderCompleted& event) {
    store::update_order(tx, event);
    app.hint_after_commit(tx, event.id);
}

}  // namespace stagedoor::payments::handlers
