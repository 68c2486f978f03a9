#include "services/tickets/listeners/listeners.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::listeners {

// order.created: its tickets are held, and no longer shown as available.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, item.quantity);
}

// order.cancelled: they are on sale again.
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, -item.quantity);
}

}  // namespace stagedoor::tickets::listeners
