// GET, POST /auth/signup
//
//   200  the form
//   303  account created and signed in, or already signed in: to `next`
//   400  the form with each error at its field
//   409  the email already has an account
//   429  too many attempts
//   503  auth is down
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
    SignUpView view{.next = next, .other = sign_in_url(next)};
    view.email = field(std::move(email), "email", problems);
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"email", "password"});
    return visit.page(status, "sign_up.html", "Create an account", view);
}

}  // namespace

Task<http::Response> sign_up(Visit& visit) {
    auto next = next_path(visit.query()["next"]);
    if (visit.user) co_return visit.see_other(next);
    co_return sign_up_page(visit, http::ok, next, {}, {});
}

Task<http::Response> create_account(Visit& visit) {
    auto form = visit.form();
    auto next = next_path(form["next"]);
    auto body =
        json::Object{{"email", json::Value{form["email"]}}, {"password", json::Value{form.raw("password")}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/signup", json::Value{std::move(body)});
    auto problems = response.ok() ? Problems{} : response.problems();
    if (response.is(ErrorKind::conflict))
        problems = Problems{Problem{"You already have an account. Sign in?", "email"}};
    if (!response.ok()) co_return sign_up_page(visit, response.status, next, form["email"], problems);
    co_return visit.see_other(next);
}

}  // namespace stagedoor::client::routes
