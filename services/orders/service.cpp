// The orders service on one page: its routes, event handlers and workers.
#include "services/orders/service.hpp"

#include "common/service/service.hpp"
#include "services/orders/handlers/handlers.hpp"
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/migrations.hpp"
#include "services/orders/workers/workers.hpp"

namespace stagedoor::orders {

Service make_service(ServiceDeps deps) {
    using enum ErrorKind;
    return service("orders", deps, std::make_shared<App>(deps))
        .migrations(store::migrations())
        .get("/api/orders", routes::list_orders)
        .get("/api/orders/sales", routes::list_sales, {forbidden, not_found})
        .get("/api/orders/sales/days", routes::list_sold_days, {forbidden, not_found})
        .get("/api/orders/:id", routes::show_order, {forbidden})
        .post("/api/orders", routes::create_order, {forbidden, not_found, conflict, too_many_requests})
        .post("/api/orders/:id/return", routes::return_tickets, {forbidden, conflict})
        .delete_("/api/orders/:id", routes::cancel_order, {forbidden, conflict})
        .on<contracts::TicketCreated>(handlers::ticket_created)
        .on<contracts::TicketUpdated>(handlers::ticket_updated)
        .on<contracts::TicketWithdrawn>(handlers::ticket_withdrawn)
        .on<contracts::TicketCancelled>(handlers::ticket_cancelled)
        .on<contracts::ExpirationComplete>(handlers::expiration_complete)
        .on_batch<contracts::PaymentStarted>(handlers::payments_started)
        .on_batch<contracts::PaymentCreated>(handlers::payments_created)
        .on<contracts::PaymentFailed>(handlers::payment_failed)
        .on<contracts::DoorsOpened>(handlers::doors_opened)
        .follow_sessions()
        .share_applied_events()
        .announce_changes()
        .worker(&App::cancelled_listings_loop, workers::process_cancelled_listings)
        .build();
}

}  // namespace stagedoor::orders
