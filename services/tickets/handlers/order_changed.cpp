#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::handlers {

// order.created: counts its tickets as held.
void orders_created(sql::Tx& tx, messaging::Batch<contracts::OrderCreated> events) {
    store::CounterChanges changes;
    for (const auto& [order, traceparent] : events) {
        for (const auto& item : order.items) changes.add(item, item.quantity, 0);
    }
    changes.write(tx);
}

// order.cancelled: releases them.
void orders_cancelled(sql::Tx& tx, messaging::Batch<contracts::OrderCancelled> events) {
    store::CounterChanges changes;
    for (const auto& [order, traceparent] : events) {
        for (const auto& item : order.items) changes.add(item, -item.quantity, 0);
    }
    changes.write(tx);
}

// order.completed: counts them as sold.
void orders_completed(sql::Tx& tx, messaging::Batch<contracts::OrderCompleted> events) {
    store::CounterChanges changes;
    for (const auto& [order, traceparent] : events) {
        for (const auto& item : order.items) changes.add(item, -item.quantity, item.quantity);
    }
    changes.write(tx);
}

// order.voided: the seller cancelled one listing of a paid order, so its tickets no longer count as sold.
void order_voided(sql::Tx& tx, const contracts::OrderVoided& event) {
    store::CounterChanges changes;
    for (const auto& item : event.items) {
        if (item.ticket_id == event.ticket_id) changes.add(item, 0, -item.quantity);
    }
    changes.write(tx);
}

}  // namespace stagedoor::tickets::handlers
