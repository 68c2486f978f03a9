// GET /auth/reset
//
// Target of the emailed link. `token` opens the account, so the URL must not leak.
//   200  a form for the new password
//   303  without a token: to request a link
//
// POST /auth/reset
//
//   303  changed: to sign-in
//   400  the form with the error, or a message that the link is no longer valid
//   503  auth is down
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ResetView {
    std::string token;
    bool dead = false;  // the link is
    Field password;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ResetView, (), (token, dead, password, errors))

http::Response reset_page(Visit& visit, int status, std::string token, const Problems& problems) {
    ResetView view{.token = std::move(token)};
    view.dead = std::ranges::find(problems, "token", &Problem::field) != problems.end();
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"password"});
    return visit.page(status, "reset.html", view.dead ? "Link expired" : "Choose a new password", view);
}

}  // namespace

Task<http::Response> reset(Visit& visit) {
    visit.keep_secret();
    auto token = visit.query()["token"];
    if (token.empty()) co_return visit.see_other("/auth/forgot");
    co_return reset_page(visit, http::ok, std::move(token), {});
}

Task<http::Response> set_password(Visit& visit) {
    visit.keep_secret();
    auto form = visit.form();
    auto body =
        json::Object{{"token", json::Value{form["token"]}}, {"password", json::Value{form.raw("password")}}};
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset/confirm",
                                        json::Value{std::move(body)});
    if (!response.ok()) co_return reset_page(visit, response.status, form["token"], response.problems());
    // Every session has ended; clear this browser's cookie, too.
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout");
    co_return visit.see_other("/auth/signin?done=reset");
}

}  // namespace stagedoor::client::routes
