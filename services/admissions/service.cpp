// The admissions service on one page: its routes, event handlers and workers.
#include "services/admissions/service.hpp"

#include "common/service/service.hpp"
#include "services/admissions/handlers/handlers.hpp"
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/migrations.hpp"
#include "services/admissions/workers/workers.hpp"

namespace stagedoor::admissions {

Service make_service(ServiceDeps deps) {
    using enum ErrorKind;
    return service("admissions", deps, std::make_shared<App>(deps))
        .migrations(store::migrations())
        // For holders.
        .get("/api/admissions/passes", routes::list_passes)
        .get("/api/admissions/passes/:id", routes::show_pass, {forbidden})
        .get("/api/admissions/passes/:id/apple-wallet", routes::show_apple_wallet, {forbidden, conflict})
        .get("/api/admissions/passes/:id/google-wallet", routes::show_google_wallet, {forbidden, conflict})
        .post("/api/admissions/passes/:id/transfer", routes::offer_transfer,
              {forbidden, conflict, too_many_requests})
        .delete_("/api/admissions/transfers/:id", routes::revoke_transfer, {forbidden, conflict})
        .post("/api/admissions/transfers/show", routes::show_transfer, {not_found, too_many_requests})
        .post("/api/admissions/transfers/claim", routes::claim_transfer,
              {not_found, conflict, too_many_requests})
        // For sellers.
        .get("/api/admissions/listings/:ticketId", routes::show_listing, {forbidden})
        .put("/api/admissions/listings/:ticketId/settings", routes::change_settings, {forbidden, conflict})
        .post("/api/admissions/listings/:ticketId/doors", routes::create_door,
              {forbidden, conflict, too_many_requests})
        .delete_("/api/admissions/doors/:id", routes::revoke_door, {forbidden})
        .get("/api/admissions/listings/:ticketId/arrivals", routes::show_arrivals, {forbidden})
        .get("/api/admissions/listings/:ticketId/duplicates", routes::list_duplicates, {forbidden})
        // For everybody.
        .get("/api/admissions/listings/:ticketId/keys", routes::list_keys)
        // For scanners.
        .post("/api/admissions/scanners", routes::add_scanner, {not_signed_in, conflict, too_many_requests})
        .get("/api/admissions/scanner/pack", routes::show_pack)
        .post("/api/admissions/scanner/scans", routes::scan, {conflict})
        .post("/api/admissions/scanner/uploads", routes::upload, {conflict})
        .post("/api/admissions/scanner/shards", routes::change_shards, {conflict, unavailable})
        .post("/api/admissions/scanner/override", routes::override_shard, {forbidden, conflict})
        .get("/api/admissions/scanner/passes/:serial", routes::find_pass, {forbidden})
        .get("/api/admissions/scanner/status", routes::show_status)
        .worker(&App::sealing, workers::seal_keys_anew)
        .worker(&App::old_scans, workers::remove_old_scans)
        .on<contracts::TicketCreated>(handlers::ticket_created)
        .on<contracts::TicketUpdated>(handlers::ticket_updated)
        .on<contracts::TicketWithdrawn>(handlers::ticket_withdrawn)
        .on<contracts::TicketCancelled>(handlers::ticket_cancelled)
        .on_batch<contracts::OrderCompleted>(handlers::orders_completed)
        .on<contracts::OrderVoided>(handlers::order_voided)
        .on<contracts::ReturnsClosed>(handlers::returns_closed)
        .follow_sessions()
        .share_applied_events()
        .batch_events_for(std::chrono::milliseconds{10})
        .build();
}

}  // namespace stagedoor::admissions
