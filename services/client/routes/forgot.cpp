// GET /auth/forgot
//
//   200  a form for the e-mail address; afterwards, that a mail is on its way if anybody has the address
//
// POST /auth/forgot
//
//   303  to the same page, whoever has the address
//   400  the form again, with what is wrong with the address
//   429  too many asked for
//   503  auth is away
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
    return visit.page(status, "forgot.html", "Forgotten password", view);
}

}  // namespace

Task<http::Response> forgot(Visit& visit) { co_return forgot_page(visit, 200, {}, {}); }

Task<http::Response> send_reset(Visit& visit) {
    auto email = visit.form()["email"];
    auto said = co_await visit.send(http::Method::post, "auth", "/api/users/password/reset",
                                    json::Value{json::Object{{"email", json::Value{email}}}});
    if (!said.ok()) co_return forgot_page(visit, said.status, std::move(email), said.problems());
    co_return visit.see_other("/auth/forgot?done=sent");
}

}  // namespace stagedoor::client::routes
