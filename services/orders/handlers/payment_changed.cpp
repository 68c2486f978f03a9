#include <algorithm>

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

void cancel_instead(sql::Tx& tx, const OrderId& id, store::Quantities& freed) {
    if (store::cancel_without_release(tx, id, CancelReason::expired, freed)) return;
    if (store::cancel_without_release(tx, id, CancelReason::listing_cancelled, freed)) return;
    auto stored = store::find(tx, id);
    // The outcome of an earlier attempt is still in flight.
    if (stored && stored->order.status == OrderStatus::awaiting_payment)
        throw messaging::NotBefore{tx.now() + retry_delay};
}

template <class Event>
std::vector<store::Attempt> attempts_of(messaging::Batch<Event> events) {
    std::vector<store::Attempt> attempts;
    for (const auto& [event, traceparent] : events)
        attempts.push_back({event.order_id, event.id, traceparent});
    // The order in which every transaction locks orders' rows.
    std::ranges::sort(attempts, {}, &store::Attempt::order);
    return attempts;
}

}  // namespace

// payment.started: leases the hold for the charge. If the order has expired or its listing was cancelled,
// cancels the order instead, and payments charges nothing.
void payments_started(sql::Tx& tx, messaging::Batch<contracts::PaymentStarted> events) {
    store::Quantities freed;
    for (const auto& rejected : store::lease(tx, attempts_of(events), time_to_charge, grace)) {
        tx.set_traceparent(rejected.traceparent);
        cancel_instead(tx, rejected.order, freed);
    }
    store::release(tx, freed);
}

// payment.created: completes the order. A cancelled order stays cancelled, and payments refunds the charge.
void payments_created(sql::Tx& tx, messaging::Batch<contracts::PaymentCreated> events) {
    store::complete(tx, attempts_of(events));
}

// payment.failed: reopens the order until its original expiry, or cancels it if that has passed.
void payment_failed(sql::Tx& tx, const contracts::PaymentFailed& event) {
    store::reopen(tx, event.order_id, event.id);
}

}  // namespace stagedoor::orders::handlers
