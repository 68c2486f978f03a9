#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::handlers {

// order.awaiting: the tickets are kept for this attempt; charges it as soon as that is durable.
void order_awaiting(App& app, sql::Tx& tx, const contracts::OrderAwaiting& event) {
    store::update_order(tx, event);
    // Past its lease there is nothing to charge: order.cancelled is in flight.
    if (!event.payment_id || event.expires_at <= tx.now()) return;
    if (auto payment = store::begin_charge(tx, *event.payment_id, tx.now() + workers::lease))
        workers::charge_after_commit(app, tx, *payment);
}

}  // namespace stagedoor::payments::handlers
