#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/workers/workers.hpp"

namespace stagedoor::payments::handlers {

// order.awaiting: the tickets are kept for this attempt; charges it as soon as that is durable.
void orders_awaiting(App& app, sql::Tx& tx, messaging::Batch<contracts::OrderAwaiting> events) {
    store::OrderUpdates updates;
    std::vector<sql::LaterRows<PaymentRow>> charges;
    for (const auto& [order, traceparent] : events) {
        updates.add(tx, order);
        // Past its lease there is nothing to charge: order.cancelled is in flight.
        if (order.payment_id && order.expires_at > tx.now())
            charges.push_back(store::begin_charge(tx, *order.payment_id, tx.now() + workers::lease));
    }
    updates.require_known();
    for (auto& charge : charges) {
        for (const auto& payment : charge.get()) workers::charge_after_commit(app, tx, payment);
    }
}

}  // namespace stagedoor::payments::handlers
