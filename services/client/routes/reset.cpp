// GET /auth/reset
//
// Target of the emailed link. Its token opens the account, so it is in the fragment, which a script reads;
// without JavaScript, people paste the link.
//   200  a form for the new password
//
// POST /auth/reset
//
//   303  changed: to sign-in; rejected: to the form with the error; the link is no longer valid: to a page
//        that says so
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ResetView {
    std::optional<std::string> token;
    bool dead = false;  // the link is
    Field password;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ResetView, (), (token, dead, password, errors))

}  // namespace

Task<http::Response> reset(Visit& visit) {
    visit.keep_secret();
    ResetView view{.token = {}, .dead = visit.query()["done"] == "expired"};
    if (auto token = visit.parameter("token"); !token.empty()) view.token = std::move(token);
    if (view.dead) co_return visit.page(http::ok, "reset.html", visit.text("link.expired_title"), view);
    auto problems = visit.problems();
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"password"});
    co_return visit.page(http::ok, "reset.html", visit.text("reset.heading"), view);
}

Task<http::Response> set_password(Visit& visit) {
    visit.keep_secret();
    auto form = visit.form();
    auto token = link_token(form["token"]);
    visit.form_page = "/auth/reset#token=" + http::percent_encode(token);
    auto body = json::Object{{"token", json::Value{std::move(token)}},
                             {"password", json::Value{form.raw("password")}}};
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset/confirm",
                                        json::Value{std::move(body)});
    auto problems = response.ok() ? Problems{} : response.problems();
    if (std::ranges::find(problems, "token", &Problem::field) != problems.end())
        co_return visit.see_other("/auth/reset?done=expired");
    (void)response.or_throw();
    // Every session has ended; clear this browser's cookie, too.
    (void)co_await visit.send(http::Method::post, "auth", "/api/users/signout");
    co_return visit.see_other("/auth/signin?done=reset");
}

}  // namespace stagedoor::client::routes
