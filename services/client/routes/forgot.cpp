// GET /auth/forgot
//
//   200  a form for the email; after submitting, a message that a link was sent if the account exists
//
// POST /auth/forgot
//
//   303  to the same page, whether or not the account exists
//   400  the form with the error
//   429  too many requests
//   503  auth is down
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ForgotView {
    bool sent = false;
    Field email;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(ForgotView, (), (sent, email, errors))

http::Response forgot_page(Visit& visit, int status, std::string email, const Problems& problems) {
    ForgotView view{.sent = visit.query()["done"] == "sent"};
    view.email = field(std::move(email), "email", problems);
    view.errors = summary(problems, {"email"});
    return visit.page(status, "forgot.html", "Forgot your password?", view);
}

}  // namespace

Task<http::Response> forgot(Visit& visit) { co_return forgot_page(visit, http::ok, {}, {}); }

Task<http::Response> send_reset(Visit& visit) {
    auto email = visit.form()["email"];
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset",
                                        json::Value{json::Object{{"email", json::Value{email}}}});
    if (!response.ok()) co_return forgot_page(visit, response.status, std::move(email), response.problems());
    co_return visit.see_other("/auth/forgot?done=sent");
}

}  // namespace stagedoor::client::routes
