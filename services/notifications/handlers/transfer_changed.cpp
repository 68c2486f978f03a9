#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/emails.hpp"

namespace stagedoor::notifications::handlers {

// transfer.offered: emails the holder, who should know if somebody else did this. The link is in no email.
void transfer_offered(sql::Tx& tx, const contracts::TransferOffered& event) {
    const contracts::TransferState& transfer = event;
    store::add(tx, new_email(EmailKind::transfer_offered, event.id.text, event.from_user_id, transfer));
}

// transfer.claimed: emails both. Neither email names the other.
void transfer_claimed(sql::Tx& tx, const contracts::TransferClaimed& event) {
    const contracts::TransferState& transfer = event;
    store::add(tx, new_email(EmailKind::transfer_claimed, event.id.text, event.from_user_id, transfer));
    if (event.to_user_id)
        store::add(tx, new_email(EmailKind::transfer_received, event.id.text, *event.to_user_id, transfer));
}

// transfer.revoked: emails the holder.
void transfer_revoked(sql::Tx& tx, const contracts::TransferRevoked& event) {
    const contracts::TransferState& transfer = event;
    store::add(tx, new_email(EmailKind::transfer_revoked, event.id.text, event.from_user_id, transfer));
}

}  // namespace stagedoor::notifications::handlers
