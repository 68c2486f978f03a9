// The pages of client; each is specified and defined in the file of its name.
#pragma once

#include "services/client/answers.hpp"
#include "services/client/visit.hpp"

namespace stagedoor::client::routes {

Task<http::Response> landing(Visit& visit);
Task<http::Response> listing(Visit& visit);
Task<http::Response> new_listing(Visit& visit);
Task<http::Response> create_listing(Visit& visit);
Task<http::Response> edit_listing(Visit& visit);
Task<http::Response> update_listing(Visit& visit);
Task<http::Response> withdraw_listing(Visit& visit);
Task<http::Response> call_off(Visit& visit);
Task<http::Response> cancel_listing(Visit& visit);
Task<http::Response> selling(Visit& visit);
Task<http::Response> basket(Visit& visit);
Task<http::Response> change_basket(Visit& visit);
Task<http::Response> hold(Visit& visit);
Task<http::Response> orders(Visit& visit);
Task<http::Response> order(Visit& visit);
Task<http::Response> cancel_order(Visit& visit);
Task<http::Response> pay(Visit& visit);
Task<http::Response> send_payment(Visit& visit);
Task<http::Response> sign_up(Visit& visit);
Task<http::Response> create_account(Visit& visit);
Task<http::Response> sign_in(Visit& visit);
Task<http::Response> start_session(Visit& visit);
Task<http::Response> sign_out(Visit& visit);
Task<http::Response> account(Visit& visit);
Task<http::Response> change_password(Visit& visit);
Task<http::Response> end_session(Visit& visit);
Task<http::Response> send_confirmation(Visit& visit);
Task<http::Response> forgot(Visit& visit);
Task<http::Response> send_reset(Visit& visit);
Task<http::Response> reset(Visit& visit);
Task<http::Response> set_password(Visit& visit);
Task<http::Response> confirm(Visit& visit);
Task<http::Response> confirm_email(Visit& visit);

Task<http::Response> static_file(App& app, http::Context& context);
Task<http::Response> not_found(App& app, http::Context& context);
// Reloading the page that a refused POST left behind leads to what it was about.
Task<http::Response> go_up(Visit& visit);

// Pages that another route shows again with what went wrong.
[[nodiscard]] http::Response listing_page(Visit& visit, int status, const Listing& listing,
                                          std::string quantity, const Problems& problems);
[[nodiscard]] Task<http::Response> basket_page(Visit& visit, int status, Problems problems, Basket shown);
[[nodiscard]] Task<http::Response> order_page(Visit& visit, int status, Problems problems);

// The listing of the path, for its seller or an admin; Forbidden for others.
[[nodiscard]] Task<Listing> own_listing(Visit& visit);

// A person reads titles, not the ids that stand beside them in a refusal.
[[nodiscard]] Problems without_id(Problems problems, std::string_view id);

}  // namespace stagedoor::client::routes
