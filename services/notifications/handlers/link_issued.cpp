#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/emails.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::handlers {

// link.issued: emails the link. Its token is derived when the email is rendered, and never stored.
void link_issued(sql::Tx& tx, const contracts::LinkIssued& event) {
    store::save_address_if_unknown(tx, event.user_id, event.email, event.language);
    auto kind = event.purpose == contracts::LinkPurpose::confirm_email ? EmailKind::confirm_email
                                                                       : EmailKind::reset_password;
    store::add(tx, new_email(kind, event.id.text, event.user_id, event));
}

}  // namespace stagedoor::notifications::handlers
