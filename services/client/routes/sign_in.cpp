// GET, POST /auth/signin
//
//   200  the form
//   303  signed in: to `next`, a path on this site; tickets that were to be held are held now. Rejected: to
//        the form with the errors, which say how long too many attempts lock it
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

std::optional<std::string> notice_for(const language::Texts& text, std::string_view next) {
    if (next == "/") return std::nullopt;
    if (next.starts_with(hold_after_sign_in)) return text("sign_in.to_hold");
    if (next.find("draft=") != std::string_view::npos) return text("sign_in.kept");
    return text("sign_in.to_continue");
}

}  // namespace

Task<http::Response> sign_in(Visit& visit) {
    auto next = next_path(visit.parameter("next"));
    if (visit.user) co_return visit.see_other(next);
    auto problems = visit.problems();
    SignInView view{.next = next, .other = "/auth/signup"};
    if (next != "/") view.other = with_parameter(view.other, "next", next);
    if (problems.empty()) view.notice = notice_for(visit.text, next);
    if (visit.query()["done"] == "reset") view.notice = visit.text("sign_in.password_updated");
    if (visit.app.settings.sample_login) view.sample.emplace();
    view.email = field(visit.entered()["email"], "email", problems);
    view.password = field({}, "password", problems);
    view.errors = summary(problems, {"email", "password"});
    co_return visit.page(http::ok, "sign_in.html", visit.text("layout.sign_in"), view);
}

Task<http::Response> start_session(Visit& visit) {
    auto form = visit.form();
    auto next = next_path(form["next"]);
    visit.form_page = sign_in_url(next);
    auto body =
        json::Object{{"email", json::Value{form["email"]}}, {"password", json::Value{form.raw("password")}}};
    auto response =
        co_await visit.send(http::Method::post, "auth", "/api/users/signin", json::Value{std::move(body)});
    if (!response.ok()) throw response.error();
    co_return co_await continue_after_sign_in(visit, std::move(next));
}

}  // namespace stagedoor::client::routes
