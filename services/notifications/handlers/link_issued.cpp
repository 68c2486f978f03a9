#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/known.hpp"
#include "services/notifications/store/mails.hpp"

namespace stagedoor::notifications::handlers {

// link.issued: mails the link. Its token is made when the mail is written, and kept nowhere.
void link_issued(sql::Tx& tx, const contracts::LinkIssued& event) {
    store::know_address(tx, event.user_id, event.email);
    auto kind =
        event.purpose == contracts::LinkPurpose::confirm_email ? Kind::confirm_email : Kind::reset_password;
    store::add(tx, new_mail(kind, event.id.text, event.user_id, event));
}

}  // namespace stagedoor::notifications::handlers
