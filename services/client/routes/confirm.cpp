// GET /auth/confirm
//
// Target of the emailed link. It only shows a button: mail programs open links before people do, and would
// use it up. The token is in the fragment, which a script reads; without JavaScript, people paste the link.
//   200  the button; after confirming, a success message
//
// POST /auth/confirm
//
//   303  to the same page, which says whether the email is confirmed or the link is no longer valid
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ConfirmView {
    std::optional<std::string> token;
    bool asks = false, done = false, dead = false;
};
BOOST_DESCRIBE_STRUCT(ConfirmView, (), (token, asks, done, dead))

}  // namespace

std::string link_token(std::string link) {
    constexpr std::string_view name = "token=";
    auto at = link.rfind(name);
    return at == std::string::npos ? link : link.substr(at + name.size());
}

Task<http::Response> confirm(Visit& visit) {
    visit.keep_secret();
    auto done = visit.query()["done"];
    if (done == "expired") {
        co_return visit.page(http::ok, "confirm.html", visit.text("link.expired_title"),
                             ConfirmView{.token = {}, .dead = true});
    }
    ConfirmView view{.token = {}, .asks = done != "confirmed", .done = done == "confirmed"};
    if (auto token = visit.parameter("token"); !token.empty()) view.token = std::move(token);
    co_return visit.page(http::ok, "confirm.html", visit.text("confirm.heading"), view);
}

Task<http::Response> confirm_email(Visit& visit) {
    visit.keep_secret();
    auto token = link_token(visit.form()["token"]);
    visit.form_page = "/auth/confirm#token=" + http::percent_encode(token);
    auto body = json::Object{{"token", json::Value{std::move(token)}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/confirm", json::Value{std::move(body)});
    if (response.is(ErrorKind::invalid)) co_return visit.see_other("/auth/confirm?done=expired");
    (void)response.or_throw();
    co_return visit.see_other("/auth/confirm?done=confirmed");
}

}  // namespace stagedoor::client::routes
