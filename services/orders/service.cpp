// Everything that orders answers and everything that it hears.
#include "services/orders/service.hpp"

#include "services/orders/listeners/listeners.hpp"
#include "services/orders/loops/loops.hpp"
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/schema.hpp"

namespace stagedoor::orders {

Service make_service(ServiceDeps deps) {
    return service("orders", deps, std::make_shared<App>(deps))
        .migrations(store::migrations())
        .get("/api/orders", routes::list_orders)
        .get("/api/orders/:id", routes::show_order, {403})
        .post("/api/orders", routes::create_order, {403, 404, 409})
        .delete_("/api/orders/:id", routes::cancel_order, {403, 409})
        .on<contracts::TicketCreated>(listeners::ticket_created)
        .on<contracts::TicketUpdated>(listeners::ticket_updated)
        .on<contracts::TicketWithdrawn>(listeners::ticket_withdrawn)
        .on<contracts::TicketCancelled>(listeners::ticket_cancelled)
        .on<contracts::ExpirationComplete>(listeners::expiration_complete)
        .on<contracts::PaymentStarted>(listeners::payment_started)
        .on<contracts::PaymentCreated>(listeners::payment_created)
        .on<contracts::PaymentFailed>(listeners::payment_failed)
        .follow_sessions()
        .loop("call off", loops::call_off)
        .build();
}

}  // namespace stagedoor::orders
