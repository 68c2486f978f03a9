#include "common/messaging/outbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::handlers {

// ticket.created: from now on it can be ordered.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) {
    outbox::publish(tx, store::add_listing(tx, event));
}

// ticket.updated: keeps our copy, and sets the stock to what the seller now wants; holds win over an edit.
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) {
    outbox::publish(tx, store::change_listing(tx, event, "open"));
}

// ticket.withdrawn: nothing more is held of it; what is held or sold stands.
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    outbox::publish(tx, store::change_listing(tx, event, "withdrawn"));
}

// ticket.cancelled: it is closed, and a loop sees to the orders that hold it or have paid for it.
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    outbox::publish(tx, store::change_listing(tx, event, "cancelled"));
    store::add_called_off(tx, event.id);
}

}  // namespace stagedoor::orders::handlers
