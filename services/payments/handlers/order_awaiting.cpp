#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::handlers {

// order.awaiting: the tickets are kept for this attempt. It is charged as soon as that is durable.
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event) {
    store::copy_change(tx, event);
    // Heard when the lease is over it begins nothing: that the order is cancelled is on its way.
    if (!event.payment_id || event.expires_at <= tx.now()) return;
    if (auto payment = store::begin_charge(tx, *event.payment_id, tx.now() + workers::lease))
        workers::charge_after_commit(app, tx, *payment);
}

}  // namespace stagedoor::payments::handlers
