// GET /auth/confirm
//
// Target of the emailed link. It only shows a button: mail programs open links before people do, and would
// use it up.
//   200  the button; after confirming, a success message
//   303  without a token: to the account
//
// POST /auth/confirm
//
//   303  to the same page, which says whether the email is confirmed or the link is no longer valid
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
    if (auto token = visit.parameter("token"); !token.empty()) view.token = std::move(token);
    if (query["done"] == "expired")
        co_return visit.page(http::ok, "confirm.html", "Link expired",
                             ConfirmView{.token = {}, .dead = true});
    if (!view.token && !view.done) co_return visit.see_other("/account");
    co_return visit.page(http::ok, "confirm.html", "Confirm your email", view);
}

Task<http::Response> confirm_email(Visit& visit) {
    visit.keep_secret();
    auto token = visit.form()["token"];
    visit.form_page = with_parameter("/auth/confirm", "token", token);
    auto body = json::Object{{"token", json::Value{std::move(token)}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/confirm", json::Value{std::move(body)});
    if (response.is(ErrorKind::invalid)) co_return visit.see_other("/auth/confirm?done=expired");
    (void)response.or_throw();
    co_return visit.see_other("/auth/confirm?done=confirmed");
}

}  // namespace stagedoor::client::routes
