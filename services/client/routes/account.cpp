// GET /account
//
//   200  the email and whether it is confirmed, forms for the name and the password, the sessions
//   303  not signed in: to sign-in
//   503  auth is down
//
// POST /account/name
//
//   303  the name that buyers see is saved, or with an empty one taken away. Rejected: to the page with the
//        error at its field
//
// POST /account/password
//
//   303  changed; every other session ends. Rejected: to the page with the error at its field
//
// POST /account/sessions/end
//
//   303  the session, or with `others` all but this one, has ended, now or earlier. Rejected: to the page
//        with the error at the password
//
// POST /account/confirmation
//
//   303  the link was sent again, or the email is confirmed by now; too many requested: to the page, which
//        says so
#include "services/client/calendar.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct SessionView {
    std::string session, device, since, since_iso;
    std::optional<std::string> seen, seen_iso;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(SessionView, (), (session, device, since, since_iso, seen, seen_iso, current))

struct AccountView {
    std::string my_email;
    bool confirmed = false;
    std::optional<std::string> notice;
    std::vector<FormError> errors;
    Field name, current_password, new_password, password;
    std::vector<SessionView> sessions;
    bool has_others = false;
};
BOOST_DESCRIBE_STRUCT(AccountView, (),
                      (my_email, confirmed, notice, errors, name, current_password, new_password, password,
                       sessions, has_others))

SessionView view_of(const Session& session, const language::Texts& text) {
    SessionView view{.session = session.id.text,
                     .device = device(session.user_agent.value_or(""), text),
                     .since = in_utc(session.created_at, text.language()),
                     .since_iso = session.created_at.to_text()};
    if (session.last_seen_at) {
        view.seen = in_utc(*session.last_seen_at, text.language());
        view.seen_iso = session.last_seen_at->to_text();
    }
    view.current = session.current;
    return view;
}

}  // namespace

Task<http::Response> account(Visit& visit) {
    (void)visit.need_user();
    auto current = (co_await visit.get("auth", "/api/users/currentuser")).as<CurrentUser>().current_user;
    if (!current) throw NotSignedIn();  // the session has just ended
    AccountView view{.my_email = current->email, .confirmed = current->confirmed};
    auto sessions = (co_await visit.get("auth", "/api/users/sessions")).as<std::vector<Session>>();
    for (const auto& session : sessions) view.sessions.push_back(view_of(session, visit.text));
    auto problems = visit.problems();
    view.errors = summary(problems, {"name", "currentPassword", "newPassword", "password"}, visit.language);
    auto entered = visit.entered();
    view.name = field(entered.has("name") ? entered["name"] : current->name.value_or(""), "name", problems,
                      visit.language);
    view.current_password = field({}, "currentPassword", problems);
    view.new_password = field({}, "newPassword", problems);
    view.password = field({}, "password", problems);
    view.has_others = sessions.size() > 1;
    auto done = visit.query()["done"];
    if (done == "password") view.notice = visit.text("account.password_updated");
    if (done == "name") view.notice = visit.text("form.saved");
    if (done == "mailed" && !view.confirmed) view.notice = visit.text("account.mailed");
    if (done == "ended") view.notice = visit.text("account.ended");
    if (done == "ended-all") view.notice = visit.text("account.ended_all");
    co_return visit.page(http::ok, "account.html", visit.text("account.heading"), view);
}

Task<http::Response> change_password(Visit& visit) {
    visit.form_page = "/account";
    (void)visit.need_user();
    auto form = visit.form();
    auto body = json::Object{{"currentPassword", json::Value{form.raw("currentPassword")}},
                             {"newPassword", json::Value{form.raw("newPassword")}}};
    auto response =
        co_await visit.send(http::Method::put, "auth", "/api/users/password", json::Value{std::move(body)});
    (void)response.or_throw();
    co_return visit.see_other("/account?done=password");
}

Task<http::Response> change_name(Visit& visit) {
    visit.form_page = "/account";
    (void)visit.need_user();
    json::Object body{{"name", json::Value{visit.form()["name"]}}};
    auto response =
        co_await visit.send(http::Method::put, "auth", "/api/users/name", json::Value{std::move(body)});
    (void)response.or_throw();
    co_return visit.see_other("/account?done=name");
}

Task<http::Response> end_sessions(Visit& visit) {
    visit.form_page = "/account";
    (void)visit.need_user();
    auto form = visit.form();
    json::Object body{{"password", json::Value{form.raw("password")}}};
    auto session = form["session"];
    if (session != "others") body.emplace_back("id", json::Value{session});
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/sessions/end",
                                        json::Value{std::move(body)});
    if (!response.is(ErrorKind::not_found)) (void)response.or_throw();
    co_return visit.see_other(session == "others" ? "/account?done=ended-all" : "/account?done=ended");
}

Task<http::Response> send_confirmation(Visit& visit) {
    visit.form_page = "/account";
    (void)visit.need_user();
    auto response = co_await visit.send(http::Method::post, "auth", "/api/users/confirm/resend");
    if (!response.is(ErrorKind::conflict)) (void)response.or_throw();
    co_return visit.see_other("/account?done=mailed");
}

}  // namespace stagedoor::client::routes
