// GET, POST /auth/signup
//
//   200  the form
//   303  the account is there and its owner signed in: on to `next`; signed in before: the same
//   400  the form again, each error at its field
//   409  the e-mail has an account
//   429  too many tries
//   503  auth is away
#include "services/client/next_path.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct SignUpView {
    std::string next, other;
    Field email, password;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(SignUpView, (), (next, other, email, password, errors))

http::Response sign_up_page(Visit& visit, int status, const std::string& next, std::string email,
                            const Problems& problems) {
    SignUpView view{.next = next, .other = sign_in_first(next)};
    view.email = field(std::move(email), "email", problems);
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"email", "password"});
    return visit.page(status, "sign_up.html", "Create an account", view);
}

}  // namespace

Task<http::Response> sign_up(Visit& visit) {
    auto next = next_path(visit.query()["next"]);
    if (visit.user) co_return visit.see_other(next);
    co_return sign_up_page(visit, 200, next, {}, {});
}

Task<http::Response> create_account(Visit& visit) {
    auto form = visit.form();
    auto next = next_path(form["next"]);
    auto body = json::Object{{"email", json::Value{form["email"]}},
                             {"password", json::Value{form.exactly("password")}}};
    auto said =
        co_await visit.send(http::Method::post, "auth", "/api/users/signup", json::Value{std::move(body)});
    if (!said.ok()) co_return sign_up_page(visit, said.status, next, form["email"], said.problems());
    co_return visit.see_other(next);
}

}  // namespace stagedoor::client::routes
