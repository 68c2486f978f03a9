#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/store/refunds.hpp"

namespace stagedoor::payments::handlers {
namespace {

std::string in_words(CancelReason reason) {
    if (reason == CancelReason::expired) return "The time to pay was over";
    if (reason == CancelReason::listing_cancelled) return "The seller called it off";
    return "The order was cancelled";
}

}  // namespace

// order.cancelled: what was not charged won't be, what was charged goes back. What is being charged right now is seen
// to when its outcome is known.
void order_cancelled(App& app, sql::Tx& tx, const contracts::OrderCancelled& event) {
    store::copy_change(tx, event);
    auto reason = event.reason.value_or(CancelReason::expired);
    if (auto failed = store::give_up(tx, event.id, in_words(reason)))
        app.outcomes.tell(tx, *failed);
    else if (auto paid = store::find_paid(tx, event.id))
        store::refund_order(tx, *paid, reason);
}

}  // namespace stagedoor::payments::handlers
