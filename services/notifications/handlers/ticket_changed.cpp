#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/known.hpp"

namespace stagedoor::notifications::handlers {

// All four keep our copy. Of a listing that was called off orders tells those whom it concerns.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) { store::know_listing(tx, event); }
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) { store::know_listing(tx, event); }
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    store::know_listing(tx, event);
}
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    store::know_listing(tx, event);
}

}  // namespace stagedoor::notifications::handlers
