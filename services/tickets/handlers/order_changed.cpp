#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::handlers {

// order.created: counts its tickets as held.
void order_created(sql::Tx& tx, const contracts::OrderCreated& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, item.quantity);
}

// order.cancelled: releases them.
void order_cancelled(sql::Tx& tx, const contracts::OrderCancelled& event) {
    for (const auto& item : event.items) store::count_held(tx, item.ticket_id, -item.quantity);
}

// order.completed: counts them as sold.
void order_completed(sql::Tx& tx, const contracts::OrderCompleted& event) {
    for (const auto& item : event.items) {
        store::count_held(tx, item.ticket_id, -item.quantity);
        store::count_sold(tx, item.ticket_id, item.quantity, item.price);
    }
}

// order.voided: the seller cancelled one listing of a paid order, so its tickets no longer count as sold.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    for (const auto& item : event.items) {
        if (item.ticket_id == event.ticket_id)
            store::count_sold(tx, item.ticket_id, -item.quantity, item.price);
    }
}

}  // namespace stagedoor::tickets::handlers
