#include "services/expiration/listeners/listeners.hpp"
#include "services/expiration/store/timers.hpp"

namespace stagedoor::expiration::listeners {

// order.created: its time runs. The loop is woken only when it would sleep too long.
void order_created(App& app, sql::Tx& tx, const contracts::OrderCreated& event) {
    store::set(tx, event.id, event.expires_at);
    if (event.expires_at.milliseconds < app.sleeps_until) tx.notify(store::timers_channel);
}

// order.cancelled: it doesn't matter any more.
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) { store::drop(tx, event.id); }

}  // namespace stagedoor::expiration::listeners
