// POST /auth/signout
//
// Also clears the basket, which the next user of this browser should not see.
//   303  signed out: to the homepage
//   503  auth is down
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> sign_out(Visit& visit) {
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout", json::Value{json::Object{}});
    visit.basket = {};
    co_return visit.see_other("/");
}

}  // namespace stagedoor::client::routes
