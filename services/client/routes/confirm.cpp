// GET /auth/confirm
//
// Where the link in the mail leads. It only shows a button: mail programs look at links before people do, and would use
// it up.
//   200  the button; afterwards, that the address is confirmed
//   303  with neither: to the account
//
// POST /auth/confirm
//
//   303  confirmed: to the same page
//   400  that the link is of no use any more
//   503  auth is away
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ConfirmView {
    std::optional<std::string> token;
    bool done = false, dead = false;
};
BOOST_DESCRIBE_STRUCT(ConfirmView, (), (token, done, dead))

}  // namespace

Task<http::Response> confirm(Visit& visit) {
    visit.keep_secret();
    auto query = visit.query();
    ConfirmView view{.token = {}, .done = query["done"] == "confirmed"};
    if (auto token = query["token"]; !token.empty()) view.token = std::move(token);
    if (!view.token && !view.done) co_return visit.see_other("/account");
    co_return visit.page(200, "confirm.html", "Your e-mail address", view);
}

Task<http::Response> confirm_email(Visit& visit) {
    visit.keep_secret();
    auto body = json::Object{{"token", json::Value{visit.form()["token"]}}};
    auto said =
        co_await visit.send(http::Method::post, "auth", "/api/users/confirm", json::Value{std::move(body)});
    if (said.status == 400)
        co_return visit.page(400, "confirm.html", "The link is of no use",
                             ConfirmView{.token = {}, .dead = true});
    (void)said.or_refuse();
    co_return visit.see_other("/auth/confirm?done=confirmed");
}

}  // namespace stagedoor::client::routes
