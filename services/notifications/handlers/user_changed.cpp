#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/known.hpp"

namespace stagedoor::notifications::handlers {

// user.registered: now we know where to write to.
void user_registered(sql::Tx& tx, const contracts::UserRegistered& event) {
    store::know_person(tx, event.id, event.email);
}

// user.confirmed: and that the address is theirs; a link to confirm it that has not gone out yet won't.
void user_confirmed(sql::Tx& tx, const contracts::UserConfirmed& event) {
    store::know_confirmed(tx, event.id, event.email);
}

}  // namespace stagedoor::notifications::handlers
