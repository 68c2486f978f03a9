// POST /auth/signout
//
// Also clears the basket and what was typed into forms, which the next user of this browser should not see.
//   303  to the homepage, signed out or with the error
#include "common/http/routing/responses.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> sign_out(Visit& visit) {
    visit.form_page = "/";
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout", json::Value{json::Object{}});
    visit.basket = {};
    co_await visit.drop_drafts();
    auto response = visit.see_other("/");
    response.headers.add("Clear-Site-Data", http::clear_cache);
    co_return response;
}

}  // namespace stagedoor::client::routes
