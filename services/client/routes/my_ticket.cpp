// GET /my/tickets/:id
//
//   200  the ticket: its code, where and when, passing it on, what has happened to it. The browser may keep
//        it for use without a network
//   303  not signed in: to sign-in
//   403  somebody else holds it
//   404  no such ticket
//   503  admissions is down
//
// GET /my/tickets/:id/calendar.ics
//
//   200  the event as a calendar file
//   404  the event has no date; no such ticket
//
// GET /my/tickets/:id/google-wallet
//
//   303  to Google Wallet, which stores the ticket
//   404  not configured here; no such ticket
//   409  the ticket is void, or its code changes
//
// POST /my/tickets/:id/transfer
//
// The link passes the ticket on to whoever claims it first, so no page that the browser keeps contains it.
//   200  the ticket, with the link; an open offer's link again
//   303  can't be passed on: to the ticket, which says why
//
// POST /my/tickets/:id/transfer/revoke (offer)
//
//   303  to the ticket: the link no longer works; or with the error: it has been claimed
#include "services/client/calendar.hpp"
#include "services/client/passes.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct ChangeView {
    std::string what, since, since_iso;
};
BOOST_DESCRIBE_STRUCT(ChangeView, (), (what, since, since_iso))

struct OfferView {
    std::string offer, offered, offered_iso;
};
BOOST_DESCRIBE_STRUCT(OfferView, (), (offer, offered, offered_iso))

struct TicketView : PassView {
    std::optional<CodeView> code;
    std::optional<std::string> notice, entered, entered_iso, calendar, link, left, apple_wallet,
        google_wallet;
    std::string order_sheet, event, script;
    std::optional<OfferView> open_offer;
    std::vector<ChangeView> history;
    std::vector<FormError> errors;
    bool may_pass_on = false, forbidden = false, void_ticket = false;
};
BOOST_DESCRIBE_STRUCT(TicketView, (PassView),
                      (code, notice, entered, entered_iso, calendar, link, left, apple_wallet, google_wallet,
                       order_sheet, event, script, open_offer, history, errors, may_pass_on, forbidden,
                       void_ticket))

std::vector<ChangeView> history_in(const PassDetail& pass, const language::Texts& text) {
    std::vector<ChangeView> changes;
    for (const auto& change : pass.history) {
        auto what = text(change.reason == "transferred" ? "ticket.passed_on" : "ticket.issued");
        changes.push_back({what, in_utc(change.since, text.language()), change.since.to_text()});
    }
    return changes;
}

std::optional<std::string> ticket_notice(const language::Texts& text, std::string_view done) {
    if (done == "claimed") return text("ticket.claimed");
    if (done == "revoked") return text("ticket.revoked");
    return std::nullopt;
}

TicketView view_of(Visit& visit, const PassDetail& pass) {
    TicketView view;
    static_cast<PassView&>(view) = client::view_of(pass, visit.text);
    view.code = code_of(pass);
    view.order_sheet = "/orders/" + http::percent_encode(pass.order_id.text) + "/tickets";
    view.event = listing_address(pass.ticket_id);
    view.script = visit.app.theme()->url("ticket.js");
    if (pass.admitted_at) {
        view.entered = in_utc(*pass.admitted_at, visit.language);
        view.entered_iso = pass.admitted_at->to_text();
    }
    if (pass.starts_at) view.calendar = view.address + "/calendar.ics";
    for (const auto& wallet : pass.wallets.value_or(std::vector<std::string>{})) {
        if (wallet == "apple")
            view.apple_wallet = api_path("/api/admissions/passes", pass.id) + "/apple-wallet";
        if (wallet == "google") view.google_wallet = view.address + "/google-wallet";
    }
    if (pass.offer)
        view.open_offer = OfferView{pass.offer->id, in_utc(pass.offer->created_at, visit.language),
                                    pass.offer->created_at.to_text()};
    view.void_ticket = pass.revoked();
    view.forbidden = pass.transfers == "forbidden";
    view.may_pass_on =
        pass.status == "valid" && !view.forbidden && !pass.offer && pass.transfers_left.value_or(1) > 0;
    if (pass.transfers_left) view.left = visit.text("ticket.left", {{"count", *pass.transfers_left}});
    view.history = history_in(pass, visit.text);
    view.errors = summary(visit.problems(), {});
    return view;
}

Task<PassDetail> pass_in_path(Visit& visit) {
    (void)visit.need_user();
    auto response = co_await visit.get("admissions", api_path("/api/admissions/passes", visit.path_value()));
    co_return response.as<PassDetail>();
}

}  // namespace

Task<http::Response> my_ticket(Visit& visit) {
    auto pass = co_await pass_in_path(visit);
    auto view = view_of(visit, pass);
    view.notice = ticket_notice(visit.text, visit.query()["done"]);
    co_return kept_offline(visit, visit.page(http::ok, "my_ticket.html",
                                             visit.text("ticket.title", {{"title", pass.title}}), view));
}

Task<http::Response> ticket_calendar(Visit& visit) {
    auto pass = co_await pass_in_path(visit);
    if (!pass.starts_at) throw NotFound();
    templates::CalendarEvent event{.order_id = pass.order_id,
                                   .ticket_id = pass.ticket_id,
                                   .title = pass.title,
                                   .starts_at = *pass.starts_at,
                                   .written_at = visit.app.clock.now(),
                                   .place = place_of(pass.venue, pass.city),
                                   .link = visit.app.origin + pass_address(pass.id)};
    co_return calendar_response({std::move(event)});
}

http::Response calendar_response(const std::vector<templates::CalendarEvent>& events) {
    http::Response response{.status = http::ok, .headers = {}, .body = templates::calendar_file(events)};
    response.headers.add("Content-Type", "text/calendar; charset=utf-8");
    response.headers.add("Content-Disposition", "attachment; filename=\"event.ics\"");
    return response;
}

Task<http::Response> google_wallet(Visit& visit) {
    (void)visit.need_user();
    auto path = api_path("/api/admissions/passes", visit.path_value()) + "/google-wallet";
    auto response = co_await visit.get("admissions", path);
    co_return visit.see_other(response.as<WalletLink>().url);
}

Task<http::Response> offer_ticket(Visit& visit) {
    visit.keep_secret();
    visit.form_page = pass_address(visit.path_value());
    visit.after_sign_in = visit.form_page;
    (void)visit.need_user();
    auto path = api_path("/api/admissions/passes", visit.path_value());
    auto response = co_await visit.send(http::Method::post, "admissions", path + "/transfer");
    auto link = response.as<TransferLink>().link;
    auto pass = co_await pass_in_path(visit);
    auto view = view_of(visit, pass);
    view.link = std::move(link);
    co_return visit.page(http::ok, "my_ticket.html",
                         visit.text("ticket.pass_on_title", {{"title", pass.title}}), view);
}

Task<http::Response> revoke_offer(Visit& visit) {
    visit.form_page = pass_address(visit.path_value());
    visit.after_sign_in = visit.form_page;
    (void)visit.need_user();
    auto path = api_path("/api/admissions/transfers", visit.form()["offer"]);
    auto response = co_await visit.send(http::Method::delete_, "admissions", path);
    (void)response.or_throw();
    co_return visit.see_other(visit.form_page + "?done=revoked");
}

}  // namespace stagedoor::client::routes
