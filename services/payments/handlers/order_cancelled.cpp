#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/store/refunds.hpp"

namespace stagedoor::payments::handlers {
namespace {

std::string reason_for_buyer(CancelReason reason) {
    if (reason == CancelReason::expired) return "The time to pay has expired"_stored;
    if (reason == CancelReason::listing_cancelled) return "The event was cancelled"_stored;
    return "The order was cancelled"_stored;
}

}  // namespace

// order.cancelled: fails an attempt that is not charged yet, refunds one that is. A charge in progress is
// handled once its outcome is known.
void order_cancelled(App& app, sql::Tx& tx, const contracts::OrderCancelled& event) {
    store::update_order(tx, event);
    auto reason = event.reason.value_or(CancelReason::expired);
    if (auto failed = store::fail_uncharged(tx, event.id, reason_for_buyer(reason)))
        app.outcomes.notify_after_commit(tx, *failed);
    else if (auto paid = store::find_paid(tx, event.id))
        store::refund_order(tx, *paid, reason);
}

}  // namespace stagedoor::payments::handlers
