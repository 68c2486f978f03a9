#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/emails.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::handlers {

// user.registered: saves the address and the language.
void user_registered(sql::Tx& tx, const contracts::UserRegistered& event) {
    store::save_address(tx, event.id, event.email, event.language);
}

// user.language_chosen: later emails are in that language, queued ones included.
void user_language_chosen(sql::Tx& tx, const contracts::UserLanguageChosen& event) {
    store::save_language(tx, event.id, event.language);
}

// user.confirmed: saves the confirmed address. What waits for that is delivered now; queued confirmation
// links are given up.
void user_confirmed(sql::Tx& tx, const contracts::UserConfirmed& event) {
    store::save_confirmed_address(tx, event.id, event.email);
    store::deliver_now(tx, event.id);
}

}  // namespace stagedoor::notifications::handlers
