#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::handlers {

// All four update the projection. Buyers of a cancelled listing get emails because of order events.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) { store::save_listing(tx, event); }
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) { store::save_listing(tx, event); }
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    store::save_listing(tx, event);
}
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    store::save_listing(tx, event);
}

}  // namespace stagedoor::notifications::handlers
