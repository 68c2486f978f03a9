// tickets on one page: its routes and the events it handles.
#include "services/tickets/service.hpp"

#include "common/pictures/renderer.hpp"
#include "common/service/service.hpp"
#include "services/tickets/handlers/handlers.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/changes.hpp"
#include "services/tickets/store/migrations.hpp"
#include "services/tickets/workers/workers.hpp"

namespace stagedoor::tickets {
namespace {

// So that the operator learns at the start, and not from a seller, what is wrong with the place of pictures:
// a failure is logged, with its reason. It may be away for a moment only, so that is no reason to end.
Task<> try_pictures(App& app) {
    try {
        co_await app.picture_store->put("tried/at-start", "Written by tickets when it starts");
        co_await app.picture_store->remove("tried/nothing");
        (void)co_await app.picture_store->get("tried/nothing");
    } catch (const Unavailable&) {
    }
}

// Its reads end on the event loops of requests.
void close_pictures(App& app) { app.picture_store->close(); }

}  // namespace

Service make_service(ServiceDeps deps) {
    using enum ErrorKind;
    auto app = std::make_shared<App>(deps);
    auto tickets = service("tickets", deps, app);
    if (app->picture_store)
        tickets.worker(&App::picture_deletion, workers::delete_pictures)
            .on_start(try_pictures)
            .on_close(close_pictures);
    return tickets.migrations(store::migrations())
        .worker(&App::indexing, workers::keep_search_entries)
        .get("/api/tickets", routes::search_tickets)
        .get("/api/tickets/summary", routes::summarize_search)
        .get("/api/tickets/suggest", routes::suggest_searches)
        .get("/api/tickets/cities", routes::list_cities)
        .get("/api/tickets/sellers", routes::list_sellers)
        .get("/api/tickets/sellers/:id", routes::show_seller)
        .get("/api/tickets/mine", routes::list_mine)
        .get("/api/tickets/:id", routes::show_ticket)
        .get("/api/tickets/pictures/:id/:file", routes::show_picture)
        .post("/api/tickets/pictures", routes::upload_picture, {forbidden, too_many_requests})
        .with_body_up_to(pictures::max_bytes)
        .post("/api/tickets", routes::create_ticket, {forbidden, too_many_requests})
        .put("/api/tickets/:id", routes::update_ticket, {forbidden, conflict})
        .delete_("/api/tickets/:id", routes::withdraw_ticket, {forbidden})
        .post("/api/tickets/:id/cancel", routes::cancel_ticket, {forbidden})
        .post("/api/tickets/:id/report", routes::report_ticket, {forbidden, too_many_requests})
        .admin(http::Method::get, "/admin/reports", routes::list_reported)
        .admin(http::Method::get, "/admin/reports/:id", routes::show_reports)
        .admin(http::Method::delete_, "/admin/reports/:id", routes::dismiss_reports)
        .on<contracts::SellerNamed>(handlers::seller_named)
        .on<contracts::StockSet>(handlers::stock_set)
        .on_batch<contracts::OrderCreated>(handlers::orders_created)
        .on_batch<contracts::OrderCancelled>(handlers::orders_cancelled)
        .on_batch<contracts::OrderCompleted>(handlers::orders_completed)
        .on<contracts::OrderVoided>(handlers::order_voided)
        .announce_changes(store::listings_channel)
        .follow_sessions()
        .batch_events_for(std::chrono::milliseconds{10})
        .build();
}

}  // namespace stagedoor::tickets
