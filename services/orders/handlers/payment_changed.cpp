#include "common/messaging/inbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::handlers {
namespace {

// How long a charge may take before other buyers can get the tickets.
constexpr std::chrono::seconds time_to_charge{60};
// How long after its expiry an order still accepts a payment that was started in time. Longer than a busy bus
// takes to deliver it, but short enough that the buyer is still there.
constexpr std::chrono::seconds grace{10};
constexpr std::chrono::milliseconds retry_delay{200};

}  // namespace

// payment.started: leases the hold for the charge. If the order has expired or its listing was cancelled,
// cancels the order instead, and payments charges nothing.
void payment_started(sql::Tx& tx, const contracts::PaymentStarted& event) {
    if (store::lease(tx, event.order_id, event.id, time_to_charge, grace)) return;
    if (store::cancel(tx, event.order_id, CancelReason::expired)) return;
    if (store::cancel(tx, event.order_id, CancelReason::listing_cancelled)) return;
    auto stored = store::find(tx, event.order_id);
    // The outcome of an earlier attempt is still in flight.
    if (stored && stored->order.status == OrderStatus::awaiting_payment)
        throw messaging::NotBefore{tx.now() + retry_delay};
}

// payment.created: completes the order. A cancelled order stays cancelled, and payments refunds the charge.
void payment_created(sql::Tx& tx, const contracts::PaymentCreated& event) {
    store::complete(tx, event.order_id, event.id);
}

// payment.failed: reopens the order until its original expiry, or cancels it if that has passed.
void payment_failed(sql::Tx& tx, const contracts::PaymentFailed& event) {
    store::reopen(tx, event.order_id, event.id);
}

}  // namespace stagedoor::orders::handlers
