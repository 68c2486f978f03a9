// GET, POST /auth/signin
//
//   200  the form
//   303  signed in: to `next`, a path on this site
//   400  the form with each error at its field
//   401  wrong email or password
//   429  too many attempts
//   503  auth is down
#include "services/client/next_path.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct SampleLogin {
    std::string email{sample_email}, password{sample_password};
};
BOOST_DESCRIBE_STRUCT(SampleLogin, (), (email, password))

struct SignInView {
    std::string next, other;
    std::optional<std::string> notice;
    std::optional<SampleLogin> sample;  // with sample data
    Field email, password;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(SignInView, (), (next, other, notice, sample, email, password, errors))

http::Response sign_in_page(Visit& visit, int status, const std::string& next, std::string email,
                            const Problems& problems) {
    SignInView view{.next = next, .other = "/auth/signup"};
    if (next != "/") {
        view.other += "?next=" + http::percent_encode(next);
        if (problems.empty()) view.notice = "Sign in to continue.";
    }
    if (visit.query()["done"] == "reset") view.notice = "Password updated. Sign in with your new password.";
    if (visit.app.settings.sample_login) view.sample.emplace();
    view.email = field(std::move(email), "email", problems);
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"email", "password"});
    return visit.page(status, "sign_in.html", "Sign in", view);
}

}  // namespace

Task<http::Response> sign_in(Visit& visit) {
    auto next = next_path(visit.query()["next"]);
    if (visit.user) co_return visit.see_other(next);
    co_return sign_in_page(visit, http::ok, next, {}, {});
}

Task<http::Response> start_session(Visit& visit) {
    auto form = visit.form();
    auto next = next_path(form["next"]);
    auto body =
        json::Object{{"email", json::Value{form["email"]}}, {"password", json::Value{form.raw("password")}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/signin", json::Value{std::move(body)});
    if (!response.ok())
        co_return sign_in_page(visit, response.status, next, form["email"], response.problems());
    co_return visit.see_other(next);
}

}  // namespace stagedoor::client::routes
