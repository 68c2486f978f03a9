// GET /auth/reset
//
// Where the link in the mail leads. `token` opens the account, so nobody else is told of this address.
//   200  a form for another password
//   303  without a token: to ask for a link
//
// POST /auth/reset
//
//   303  the password is changed: to sign in with it
//   400  the form again, with what is wrong with the password; or that the link is of no use any more
//   503  auth is away
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
    return visit.page(status, "reset.html", view.dead ? "The link is of no use" : "Another password", view);
}

}  // namespace

Task<http::Response> reset(Visit& visit) {
    visit.keep_secret();
    auto token = visit.query()["token"];
    if (token.empty()) co_return visit.see_other("/auth/forgot");
    co_return reset_page(visit, 200, std::move(token), {});
}

Task<http::Response> set_password(Visit& visit) {
    visit.keep_secret();
    auto form = visit.form();
    auto body = json::Object{{"token", json::Value{form["token"]}},
                             {"password", json::Value{form.exactly("password")}}};
    auto said = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset/confirm",
                                    json::Value{std::move(body)});
    if (!said.ok()) co_return reset_page(visit, said.status, form["token"], said.problems());
    // Every session has ended; this browser need not find out by itself.
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout");
    co_return visit.see_other("/auth/signin?done=reset");
}

}  // namespace stagedoor::client::routes
