// Everything that tickets answers and everything that it hears.
#include "services/tickets/service.hpp"

#include "services/tickets/listeners/listeners.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/schema.hpp"

namespace stagedoor::tickets {

Service make_service(ServiceDeps deps) {
    return service("tickets", deps, std::make_shared<App>(deps))
        .migrations(store::migrations())
        .get("/api/tickets", routes::search_tickets)
        .get("/api/tickets/mine", routes::list_mine)
        .get("/api/tickets/:id", routes::show_ticket)
        .post("/api/tickets", routes::create_ticket)
        .put("/api/tickets/:id", routes::update_ticket, {403, 409})
        .delete_("/api/tickets/:id", routes::withdraw_ticket, {403, 409})
        .post("/api/tickets/:id/cancel", routes::cancel_ticket, {403, 409})
        .on<contracts::StockSet>(listeners::stock_set)
        .on<contracts::OrderCreated>(listeners::order_created)
        .on<contracts::OrderCancelled>(listeners::order_cancelled)
        .on<contracts::OrderCompleted>(listeners::order_completed)
        .on<contracts::OrderVoided>(listeners::order_voided)
        .follow_sessions()
        .gather_events_for(std::chrono::milliseconds{10})
        .build();
}

}  // namespace stagedoor::tickets
