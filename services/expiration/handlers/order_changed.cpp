#include "services/expiration/handlers/handlers.hpp"
#include "services/expiration/store/timers.hpp"

namespace stagedoor::expiration::handlers {
namespace {

// The loop is woken only when it would sleep too long.
void set_timer(App& app, sql::Tx& tx, const contracts::OrderState& order) {
    store::set(tx, order.id, order.expires_at);
    if (order.expires_at.milliseconds < app.sleeps_until) tx.notify(store::timers_channel);
}

}  // namespace

// order.created: its time runs.
void order_created(App& app, sql::Tx& tx, const contracts::OrderCreated& event) { set_timer(app, tx, event); }

// order.awaiting: a charge is under way, and the hold is leased for it.
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event) {
    set_timer(app, tx, event);
}

// order.reopened: the charge came to nothing, and its own time counts again.
void order_reopened(App& app, sql::Tx& tx, const contracts::OrderReopened& event) {
    set_timer(app, tx, event);
}

// order.completed, order.cancelled: its time doesn't matter any more.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) { store::drop(tx, event.id); }
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) { store::drop(tx, event.id); }

}  // namespace stagedoor::expiration::handlers
