// GET /auth/forgot
//
//   200  a form for the email; after submitting, a message that a link was sent if the account exists
//
// POST /auth/forgot
//
//   303  to the same page, whether or not the account exists; rejected: to the form with the error
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ForgotView {
    bool sent = false;
    Field email;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ForgotView, (), (sent, email, errors))

}  // namespace

Task<http::Response> forgot(Visit& visit) {
    auto problems = visit.problems();
    ForgotView view{.sent = visit.query()["done"] == "sent"};
    view.email = field(visit.entered()["email"], "email", problems);
    view.errors = summary(problems, {"email"});
    co_return visit.page(http::ok, "forgot.html", visit.text("sign_in.forgot"), view);
}

Task<http::Response> send_reset(Visit& visit) {
    auto body = json::Object{{"email", json::Value{visit.form()["email"]}}};
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset",
                                        json::Value{std::move(body)});
    (void)response.or_throw();
    co_return visit.see_other("/auth/forgot?done=sent");
}

}  // namespace stagedoor::client::routes
