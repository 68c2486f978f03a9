// The pages of client. Each file begins with its specification.
#pragma once

#include "common/templates/calendar_file.hpp"
#include "services/client/api.hpp"
#include "services/client/visit.hpp"

namespace stagedoor::client::routes {

Task<http::Response> landing(Visit& visit);
Task<http::Response> landing_or_redirect(App& app, http::Context& context);
Task<http::Response> category(Visit& visit);
Task<http::Response> city(Visit& visit);
Task<http::Response> event(Visit& visit);
Task<http::Response> listing(Visit& visit);
Task<http::Response> help(Visit& visit);
Task<http::Response> sitemap(Visit& visit);
Task<http::Response> poster(Visit& visit);
Task<http::Response> report_listing(Visit& visit);
Task<http::Response> new_listing(Visit& visit);
Task<http::Response> create_listing(Visit& visit);
Task<http::Response> edit_listing(Visit& visit);
Task<http::Response> update_listing(Visit& visit);
Task<http::Response> preview(Visit& visit);
Task<http::Response> delete_draft(Visit& visit);
Task<http::Response> withdraw_listing(Visit& visit);
Task<http::Response> cancellation(Visit& visit);
Task<http::Response> cancel_listing(Visit& visit);
Task<http::Response> selling(Visit& visit);
Task<http::Response> money(Visit& visit);
Task<http::Response> listing_sales(Visit& visit);
Task<http::Response> listing_sales_file(Visit& visit);
Task<http::Response> basket(Visit& visit);
Task<http::Response> change_basket(Visit& visit);
Task<http::Response> hold(Visit& visit);
Task<http::Response> hold_form(Visit& visit);
Task<http::Response> resume_hold(Visit& visit);
Task<http::Response> orders(Visit& visit);
Task<http::Response> order(Visit& visit);
Task<http::Response> order_calendar(Visit& visit);
Task<http::Response> cancel_order(Visit& visit);
Task<http::Response> return_tickets(Visit& visit);
Task<http::Response> my_tickets(Visit& visit);
Task<http::Response> my_ticket(Visit& visit);
Task<http::Response> ticket_calendar(Visit& visit);
Task<http::Response> offer_ticket(Visit& visit);
Task<http::Response> revoke_offer(Visit& visit);
Task<http::Response> ticket_sheet(Visit& visit);
Task<http::Response> transfer(Visit& visit);
Task<http::Response> claim_ticket(Visit& visit);
Task<http::Response> google_wallet(Visit& visit);
Task<http::Response> doors(Visit& visit);
Task<http::Response> create_door(Visit& visit);
Task<http::Response> revoke_door(Visit& visit);
Task<http::Response> change_door_settings(Visit& visit);
Task<http::Response> door(Visit& visit);
Task<http::Response> pay(Visit& visit);
Task<http::Response> send_payment(Visit& visit);
Task<http::Response> sign_up(Visit& visit);
Task<http::Response> create_account(Visit& visit);
Task<http::Response> sign_in(Visit& visit);
Task<http::Response> start_session(Visit& visit);
Task<http::Response> sign_out(Visit& visit);
Task<http::Response> account(Visit& visit);
Task<http::Response> change_password(Visit& visit);
Task<http::Response> change_name(Visit& visit);
Task<http::Response> end_sessions(Visit& visit);
Task<http::Response> send_confirmation(Visit& visit);
Task<http::Response> forgot(Visit& visit);
Task<http::Response> send_reset(Visit& visit);
Task<http::Response> reset(Visit& visit);
Task<http::Response> set_password(Visit& visit);
Task<http::Response> confirm(Visit& visit);
Task<http::Response> confirm_email(Visit& visit);

Task<http::Response> robots_txt(App& app, http::Context& context);
Task<http::Response> site_manifest(App& app, http::Context& context);
Task<http::Response> security_txt(App& app, http::Context& context);
Task<http::Response> static_file(App& app, http::Context& context);
Task<http::Response> door_file(App& app, http::Context& context);
Task<http::Response> ticket_worker(App& app, http::Context& context);
Task<http::Response> door_worker(App& app, http::Context& context);
Task<http::Response> door_manifest(App& app, http::Context& context);
Task<http::Response> not_found(App& app, http::Context& context);
Task<http::Response> refused(App& app, http::Context& context, const ApiError& error);
Task<http::Response> choose_language(Visit& visit);
// Of a file that pages name by a URL with its version. Old URLs still work, for pages loaded before an
// update, but are not cached.
[[nodiscard]] inline std::string cache_control(bool is_current_version) {
    return is_current_version ? "public, max-age=31536000, immutable" : "no-cache";
}
// GET of a path that only takes POST (a reload after an error): redirects to its parent.
Task<http::Response> parent_page(Visit& visit);

// Of the response of a worker's script: the worker itself obeys it, not the page's. It may load our own
// scripts and files, and nothing else.
inline constexpr auto worker_policy =
    "default-src 'none'; script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

// Their addresses with what they show, for visitors without a session.
[[nodiscard]] std::string address_of_landing(const http::Context& context, const Form& query);
[[nodiscard]] std::string address_of_category(const http::Context& context, const Form& query);
[[nodiscard]] std::string address_of_city(const http::Context& context, const Form& query);
[[nodiscard]] std::string address_of_event(const http::Context& context, const Form& query);
[[nodiscard]] std::string address_of_listing(const http::Context& context, const Form& query);

// What anybody may know about a seller; nullopt if it can't be read.
struct SellerView {
    std::string since;
    std::optional<std::string> seller_name, sold_before;
};
BOOST_DESCRIBE_STRUCT(SellerView, (), (since, seller_name, sold_before))
[[nodiscard]] Task<std::optional<SellerView>> seller_view(Visit& visit, UserId seller, TicketId listing);

[[nodiscard]] http::Response calendar_response(const std::vector<templates::CalendarEvent>& events);

// The page of a listing, with what was entered there.
[[nodiscard]] Task<http::Response> listing_page(Visit& visit, std::string id);

// Sets a line of the basket, to no more than the listing sells per order; a quantity below 1 removes it.
enum class SetLine { as_asked, limited, full };
[[nodiscard]] Task<SetLine> set_basket_line(Visit& visit, std::string ticket, std::int64_t quantity);

// Where sign-in leads to after "Hold now" without a session, with the draft of that form.
inline constexpr std::string_view hold_after_sign_in = "/orders/new?draft=";
// For a visitor who has just signed in: goes to `next`, and holds the tickets first if that is to be done.
[[nodiscard]] Task<http::Response> continue_after_sign_in(Visit& visit, std::string next);

// The path's listing, for its seller or an admin; throws Forbidden for others.
[[nodiscard]] Task<Listing> own_listing(Visit& visit);

// A listing that its seller has begun: the form as it was saved, if it still is; to be saved, or dropped.
[[nodiscard]] Task<std::optional<Form>> saved_listing(Visit& visit, std::string id);
[[nodiscard]] Task<http::Response> save_listing(Visit& visit, Form form);
[[nodiscard]] Task<> drop_saved_listing(Visit& visit, std::string id);

// Shows what was entered into the form of a listing as its page; the poster of that.
[[nodiscard]] Task<http::Response> to_preview(Visit& visit);
[[nodiscard]] Task<http::Response> preview_poster(Visit& visit);

// Lets this browser keep the page for use without a network, until its user signs out
// (static/tickets_worker.js).
[[nodiscard]] http::Response kept_offline(Visit& visit, http::Response response);

// The token of an emailed link, or the text itself if it is only the token.
[[nodiscard]] std::string link_token(std::string link);

// Removes the ticket id from messages: visitors see titles.
[[nodiscard]] Problems without_id(Problems problems, std::string_view id);

}  // namespace stagedoor::client::routes
