// All routes of client.
#include "services/client/service.hpp"

#include "common/pictures/renderer.hpp"
#include "common/service/service.hpp"
#include "services/client/live/stream.hpp"
#include "services/client/public_page.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/store/migrations.hpp"
#include "services/client/workers/workers.hpp"

namespace stagedoor::client {

namespace {

// A picture, and the fields around it.
constexpr std::size_t max_listing_form = pictures::max_bytes + std::size_t{64} * 1024;

// What was bought: tickets, passing them on, doors.
void add_ticket_pages(ServiceBuilder<App>& pages) {
    pages.get("/tickets/:id/doors", page<routes::doors>)
        .post("/tickets/:id/doors", form<routes::create_door, routes::doors>)
        .get("/tickets/:id/doors/settings", page<routes::parent_page>)
        .post("/tickets/:id/doors/settings", form<routes::change_door_settings, routes::doors>)
        .get("/tickets/:id/doors/revoke", page<routes::parent_page>)
        .post("/tickets/:id/doors/revoke", form<routes::revoke_door, routes::doors>)
        .get("/my/tickets", page<routes::my_tickets>)
        .get("/my/tickets/:id", page<routes::my_ticket>)
        .get("/my/tickets/:id/calendar.ics", page<routes::ticket_calendar>)
        .get("/my/tickets/:id/transfer", page<routes::parent_page>)
        .post("/my/tickets/:id/transfer", form<routes::offer_ticket, routes::my_ticket>)
        .get("/my/tickets/:id/transfer/revoke", page<routes::parent_page>)
        .post("/my/tickets/:id/transfer/revoke", form<routes::revoke_offer, routes::my_ticket>)
        .get("/my/worker.js", routes::ticket_worker)
        .get("/transfer", page<routes::transfer>)
        .post("/transfer", form<routes::claim_ticket, routes::transfer>)
        .get("/my/tickets/:id/google-wallet", page<routes::google_wallet>)
        .get("/orders/:id/tickets", page<routes::ticket_sheet>)
        .get("/orders/:id/calendar.ics", page<routes::order_calendar>);
}

// What sellers see of their listings.
void add_seller_pages(ServiceBuilder<App>& pages) {
    pages.get("/selling", page<routes::selling>)
        .get("/selling/money", page<routes::money>)
        .get("/selling/drafts/delete", page<routes::parent_page>)
        .post("/selling/drafts/delete", form<routes::delete_draft, routes::selling>)
        .get("/tickets/:id/preview", page<routes::preview>)
        .get("/tickets/:id/sales", page<routes::listing_sales>)
        .get("/tickets/:id/sales.csv", page<routes::listing_sales_file>);
}

void add_texts(ServiceBuilder<App>& pages) {
    for (const auto* path : {"/help", "/fees", "/terms", "/privacy"}) pages.get(path, page<routes::help>);
}

void add_door_page(ServiceBuilder<App>& pages) {
    pages.get("/door", page<routes::door>)
        .get("/door/worker.js", routes::door_worker)
        .get("/door/manifest.webmanifest", routes::door_manifest)
        .get("/static/:file", routes::static_file)
        .get("/static/door/:file", routes::door_file)
        .not_found(routes::not_found)
        .error_page(routes::refused);
}

}  // namespace

Service make_service(ServiceDeps deps) { return make_service_with(std::move(deps), nullptr); }

Service make_service_with(ServiceDeps deps, std::shared_ptr<const Theme> theme) {
    auto built = service("client", deps, std::make_shared<App>(deps, std::move(theme)));
    add_ticket_pages(built);
    add_seller_pages(built);
    add_texts(built);
    add_door_page(built);
    return built.migrations(store::migrations())
        .get("/", routes::landing_or_redirect)
        .get("/categories/:category", public_page<routes::category, routes::address_of_category>)
        .get("/cities/:city", public_page<routes::city, routes::address_of_city>)
        .get("/events/:event", public_page<routes::event, routes::address_of_event>)
        .get("/posters/:file", page<routes::poster>)
        .get("/tickets/new", page<routes::new_listing>)
        .post("/tickets/new", form<routes::create_listing, routes::new_listing>)
        .with_body_up_to(max_listing_form)
        .get("/tickets/:id", public_page<routes::listing, routes::address_of_listing>)
        .get("/tickets/:id/edit", page<routes::edit_listing>)
        .post("/tickets/:id/edit", form<routes::update_listing, routes::edit_listing>)
        .with_body_up_to(max_listing_form)
        .get("/tickets/:id/withdraw", page<routes::parent_page>)
        .post("/tickets/:id/withdraw", form<routes::withdraw_listing, routes::selling>)
        .get("/tickets/:id/cancel", page<routes::cancellation>)
        .post("/tickets/:id/cancel", form<routes::cancel_listing, routes::cancellation>)
        .get("/tickets/:id/report", page<routes::parent_page>)
        .post("/tickets/:id/report", form<routes::report_listing, routes::listing>)
        .get("/basket", page<routes::basket>)
        .post("/basket", form<routes::change_basket, routes::basket>)
        .get("/orders", page<routes::orders>)
        .post("/orders", form<routes::hold, routes::hold_form>)
        .get("/orders/new", page<routes::resume_hold>)
        .get("/orders/:id", page<routes::order>)
        .get("/orders/:id/cancel", page<routes::parent_page>)
        .post("/orders/:id/cancel", form<routes::cancel_order, routes::order>)
        .get("/orders/:id/return", page<routes::parent_page>)
        .post("/orders/:id/return", form<routes::return_tickets, routes::order>)
        .get("/orders/:id/pay", page<routes::pay>)
        .post("/orders/:id/pay", form<routes::send_payment, routes::pay>)
        .get("/auth/signup", page<routes::sign_up>)
        .post("/auth/signup", form<routes::create_account, routes::sign_up>)
        .get("/auth/signin", page<routes::sign_in>)
        .post("/auth/signin", form<routes::start_session, routes::sign_in>)
        .post("/auth/signout", form<routes::sign_out, routes::landing>)
        .get("/auth/forgot", page<routes::forgot>)
        .post("/auth/forgot", form<routes::send_reset, routes::forgot>)
        .get("/auth/reset", page<routes::reset>)
        .post("/auth/reset", form<routes::set_password, routes::reset>)
        .get("/auth/confirm", page<routes::confirm>)
        .post("/auth/confirm", form<routes::confirm_email, routes::confirm>)
        .get("/language", page<routes::parent_page>)
        .post("/language", form<routes::choose_language, routes::landing>)
        .get("/account", page<routes::account>)
        .get("/account/name", page<routes::parent_page>)
        .post("/account/name", form<routes::change_name, routes::account>)
        .get("/account/password", page<routes::parent_page>)
        .post("/account/password", form<routes::change_password, routes::account>)
        .post("/account/sessions/end", form<routes::end_sessions, routes::account>)
        .post("/account/confirmation", form<routes::send_confirmation, routes::account>)
        .get("/robots.txt", routes::robots_txt)
        .get("/sitemap.xml", page<routes::sitemap>)
        .get("/site.webmanifest", routes::site_manifest)
        .get("/.well-known/security.txt", routes::security_txt)
        .get("/live", live::open_stream)
        .worker(&App::cleanup, workers::clean_up)
        .worker(&App::live_updates, live::send_updates)
        .follow_sessions()
        .follow_changes_of("tickets")
        .follow_changes_of("orders")
        .build();
}

Service make_door_service(ServiceDeps deps) {
    auto built = service("client", deps, std::make_shared<App>(deps));
    add_door_page(built);
    return built.migrations(store::migrations()).without_accounts().build();
}

}  // namespace stagedoor::client
