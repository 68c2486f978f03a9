#include <stdexcept>

#include "services/payments/handlers/handlers.hpp"
#include "services/payments/store/payments.hpp"
#include "services/payments/store/refunds.hpp"

namespace stagedoor::payments::handlers {

// order.voided: refunds what was paid for the void tickets; the others in the order remain valid.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    store::update_order(tx, event);
    auto paid = store::find_paid(tx, event.id);
    if (!paid) throw std::logic_error("tickets became void that were never paid");
    for (const auto& item : event.items) {
        if (!item.cancelled_at) continue;
        store::refund_ticket(tx, *paid, item.ticket_id,
                             item.reason.value_or(CancelReason::listing_cancelled));
    }
}

}  // namespace stagedoor::payments::handlers
