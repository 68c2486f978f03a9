#include "services/notifications/handlers/handlers.hpp"
#include "services/notifications/store/moves.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::handlers {

// All four update the projection. A changed listing whose event moved is emailed to its buyers; buyers of a
// cancelled one get emails because of order events.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) { store::save_listing(tx, event); }
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) {
    store::save_changed_listing(tx, event);
}
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    store::save_changed_listing(tx, event);
}
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    store::save_listing(tx, event);
}

}  // namespace stagedoor::notifications::handlers
