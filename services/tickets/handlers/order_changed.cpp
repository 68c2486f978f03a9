#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::handlers {

// order.created: its tickets are held, and no longer shown as available.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, item.quantity);
}

// order.cancelled: they are on sale again.
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, -item.quantity);
}

// order.completed: they are sold.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) {
    for (const auto& item : event.items) {
        store::count_held(tx, item.ticket_id, -item.quantity);
        store::count_sold(tx, item.ticket_id, item.quantity, item.price);
    }
}

// order.voided: those of the listing that was called off are not.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    for (const auto& item : event.items) {
        if (item.ticket_id == event.ticket_id)
            store::count_sold(tx, item.ticket_id, -item.quantity, item.price);
    }
}

}  // namespace stagedoor::tickets::handlers
