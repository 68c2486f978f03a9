// GET, POST /auth/signup
//
//   200  the form
//   303  account created and signed in, or already signed in: to `next`; tickets that were to be held are
//        held now. Rejected: to the form with each error at its field
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

}  // namespace

Task<http::Response> sign_up(Visit& visit) {
    auto next = next_path(visit.parameter("next"));
    if (visit.user) co_return visit.see_other(next);
    auto problems = visit.problems();
    SignUpView view{.next = next, .other = sign_in_url(next)};
    view.email = field(visit.entered()["email"], "email", problems);
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"email", "password"});
    co_return visit.page(http::ok, "sign_up.html", visit.text("layout.create_account"), view);
}

Task<http::Response> create_account(Visit& visit) {
    auto form = visit.form();
    auto next = next_path(form["next"]);
    visit.form_page = next == "/" ? "/auth/signup" : with_parameter("/auth/signup", "next", next);
    auto body =
        json::Object{{"email", json::Value{form["email"]}}, {"password", json::Value{form.raw("password")}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/signup", json::Value{std::move(body)});
    if (response.is(ErrorKind::conflict))
        throw Conflict("You already have an account. Sign in?"_text, "email");
    if (!response.ok()) throw response.error();
    co_return co_await continue_after_sign_in(visit, std::move(next));
}

}  // namespace stagedoor::client::routes
