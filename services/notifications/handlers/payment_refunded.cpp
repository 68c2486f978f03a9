#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/emails.hpp"

namespace stagedoor::notifications::handlers {

// payment.refunded: emails the buyer about the refund.
void payment_refunded(sql::Tx& tx, const contracts::PaymentRefunded& event) {
    store::add(tx, new_email(EmailKind::refunded, event.refund_id.text, event.user_id, event));
}

}  // namespace stagedoor::notifications::handlers
