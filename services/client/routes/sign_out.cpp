// POST /auth/signout
//
// The basket goes too: who comes next at this machine need not see it.
//   303  signed out: to the front page
//   503  auth is away
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> sign_out(Visit& visit) {
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout", json::Value{json::Object{}});
    visit.basket = {};
    co_return visit.see_other("/");
}

}  // namespace stagedoor::client::routes
