#include "common/messaging/inbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::handlers {
namespace {

// How long a charge may take before others may have the tickets.
constexpr std::chrono::seconds time_to_charge{60};
// Whoever paid in time may be heard late. Longer than a busy bus takes, too short for anybody to have turned away.
constexpr std::chrono::seconds grace{10};
constexpr std::chrono::milliseconds until_the_other_ends{200};

}  // namespace

// payment.started: the hold is leased for the time of the charge. An order whose time is over, or whose listing was
// called off, is cancelled, and payments receives that nothing is to be charged.
void payment_started(sql::Tx& tx, const contracts::PaymentStarted& event) {
    if (store::lease(tx, event.order_id, event.id, time_to_charge, grace)) return;
    if (store::cancel(tx, event.order_id, CancelReason::expired)) return;
    if (store::cancel(tx, event.order_id, CancelReason::listing_cancelled)) return;
    auto stored = store::find(tx, event.order_id);
    if (stored &&
        stored->order.status == OrderStatus::awaiting_payment)  // the end of an attempt before is on its way
        throw messaging::NotBefore{tx.now() + until_the_other_ends};
}

// payment.created: the tickets are the buyer's. A cancelled order stays so: payments heard of it, and pays back.
void payment_created(sql::Tx& tx, const contracts::PaymentCreated& event) {
    store::complete(tx, event.order_id, event.id);
}

// payment.failed: the buyer may try again, as long as there was time.
void payment_failed(sql::Tx& tx, const contracts::PaymentFailed& event) {
    store::reopen(tx, event.order_id, event.id);
}

}  // namespace stagedoor::orders::handlers
