#include "services/admissions/handlers/handlers.hpp"

namespace stagedoor::admissions::handlers {

// All four update the projection of the listing. A withdrawn listing's passes stay valid.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) {
    store::save_listing(tx, event, false);
}
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) {
    store::save_listing(tx, event, false);
}
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    store::save_listing(tx, event, false);
}
// Nobody is admitted any more; the passes are revoked with their orders' lines.
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    store::save_listing(tx, event, true);
}

// returns.closed: what is returned is known from now on, so that scanners can have shards.
void returns_closed(sql::Tx& tx, const contracts::ReturnsClosed& event) {
    store::close_returns(tx, event.ticket_id);
}

}  // namespace stagedoor::admissions::handlers
