#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/mails.hpp"

namespace stagedoor::notifications::handlers {

// payment.refunded: the buyer's money is on its way back.
void payment_refunded(sql::Tx& tx, const contracts::PaymentRefunded& event) {
    store::add(tx, new_mail(Kind::refunded, event.refund_id.text, event.user_id, event));
}

}  // namespace stagedoor::notifications::handlers
