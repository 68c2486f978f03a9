#include "common/messaging/outbox.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::handlers {

// ticket.created: the ticket can be ordered from now on.
void ticket_created(sql::Tx& tx, const contracts::TicketCreated& event) {
    outbox::publish(tx, store::add_listing(tx, event));
}

// ticket.updated: refreshes our projection of the listing. Existing holds win over a smaller quantity.
void ticket_updated(sql::Tx& tx, const contracts::TicketUpdated& event) {
    outbox::publish(tx, store::change_listing(tx, event, store::ListingStatus::open));
}

// ticket.withdrawn: no further holds; existing holds and sales remain valid.
void ticket_withdrawn(sql::Tx& tx, const contracts::TicketWithdrawn& event) {
    outbox::publish(tx, store::change_listing(tx, event, store::ListingStatus::withdrawn));
}

// ticket.cancelled: closes the listing; a worker then cancels or voids its orders.
void ticket_cancelled(sql::Tx& tx, const contracts::TicketCancelled& event) {
    outbox::publish(tx, store::change_listing(tx, event, store::ListingStatus::cancelled));
    store::add_cancelled_listing(tx, event.id);
}

}  // namespace stagedoor::orders::handlers
