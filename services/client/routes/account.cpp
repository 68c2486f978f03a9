// GET /account
//
//   200  the e-mail and whether it is confirmed, a form to change the password, where the user is signed in
//   303  not signed in: to sign in
//   503  auth is away
//
// POST /account/password
//
//   303  changed; every other session has ended
//   400, 401, 403  the page again with the error at its field
//
// POST /account/sessions/end
//
//   303  the session has ended, now or before
//
// POST /account/confirmation
//
//   303  mailed again, or confirmed meanwhile
//   429  the page again: mailed often enough for now
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
    Field current_password, new_password;
    std::vector<SessionView> sessions;
};
BOOST_DESCRIBE_STRUCT(AccountView, (),
                      (my_email, confirmed, notice, errors, current_password, new_password, sessions))

SessionView view_of(const Session& session) {
    SessionView view{.session = session.id.text,
                     .device = device(session.user_agent.value_or("")),
                     .since = day_and_time(session.created_at, "UTC") + " UTC",
                     .since_iso = session.created_at.to_text()};
    if (session.last_seen_at) {
        view.seen = day_and_time(*session.last_seen_at, "UTC") + " UTC";
        view.seen_iso = session.last_seen_at->to_text();
    }
    view.current = session.current;
    return view;
}

Task<http::Response> account_page(Visit& visit, int status, Problems problems) {
    auto current = (co_await visit.get("auth", "/api/users/currentuser")).as<CurrentUser>().current_user;
    if (!current) throw NotSignedIn();  // it ended at this very moment
    AccountView view{.my_email = current->email, .confirmed = current->confirmed};
    auto sessions = (co_await visit.get("auth", "/api/users/sessions")).as<std::vector<Session>>();
    for (const auto& session : sessions) view.sessions.push_back(view_of(session));
    view.errors = summary(problems, {"currentPassword", "newPassword"});
    view.current_password = field({}, "currentPassword", problems);
    view.new_password = field({}, "newPassword", problems);
    auto done = visit.query()["done"];
    if (done == "password") view.notice = "The password is changed. Other devices are signed out.";
    if (done == "mailed" && !view.confirmed) view.notice = "A mail with a link is on its way to you.";
    if (done == "ended") view.notice = "That session has ended.";
    co_return visit.page(status, "account.html", "Account", view);
}

}  // namespace

Task<http::Response> account(Visit& visit) {
    (void)visit.need_user();
    co_return co_await account_page(visit, 200, {});
}

Task<http::Response> change_password(Visit& visit) {
    (void)visit.need_user("/account");
    auto form = visit.form();
    auto body = json::Object{{"currentPassword", json::Value{form.exactly("currentPassword")}},
                             {"newPassword", json::Value{form.exactly("newPassword")}}};
    auto said =
        co_await visit.send(http::Method::put, "auth", "/api/users/password", json::Value{std::move(body)});
    if (!said.ok()) co_return co_await account_page(visit, said.status, said.problems());
    co_return visit.see_other("/account?done=password");
}

Task<http::Response> end_session(Visit& visit) {
    (void)visit.need_user("/account");
    auto said = co_await visit.send(http::Method::delete_, "auth",
                                    api_path("/api/users/sessions", visit.form()["session"]));
    if (said.status != 404) (void)said.or_refuse();
    co_return visit.see_other("/account?done=ended");
}

Task<http::Response> send_confirmation(Visit& visit) {
    (void)visit.need_user("/account");
    auto said = co_await visit.send(http::Method::post, "auth", "/api/users/confirm/resend");
    if (said.status == 429) co_return co_await account_page(visit, 429, said.problems());
    if (said.status != 409) (void)said.or_refuse();
    co_return visit.see_other("/account?done=mailed");
}

}  // namespace stagedoor::client::routes
