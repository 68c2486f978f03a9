#include "services/expiration/handlers/handlers.hpp"
#include "services/expiration/store/timers.hpp"

namespace stagedoor::expiration::handlers {
namespace {

// Wakes the worker only if it would sleep past the new timer.
void set_timer(App& app, sql::Tx& tx, const contracts::OrderState& order) {
    store::set(tx, order.id, order.expires_at);
    if (order.expires_at.milliseconds < app.sleeps_until) tx.notify(store::timers_channel);
}

}  // namespace

// order.created: starts the timer.
void order_created(App& app, sql::Tx& tx, const contracts::OrderCreated& event) { set_timer(app, tx, event); }

// order.awaiting: a charge is in progress and the hold is extended for it.
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event) {
    set_timer(app, tx, event);
}

// order.reopened: the charge failed, so the original expiry time applies again.
void order_reopened(App& app, sql::Tx& tx, const contracts::OrderReopened& event) {
    set_timer(app, tx, event);
}

// order.completed, order.cancelled: the order no longer expires.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) { store::drop(tx, event.id); }
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) { store::drop(tx, event.id); }

}  // namespace stagedoor::expiration::handlers
