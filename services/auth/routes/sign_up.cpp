// POST /api/users/signup
//
// Creates a user, signs them in and sends a link to confirm their email address. The request's language, by
// Accept-Language, becomes that of their emails.
//   201  the user, a session cookie, and a cookie by which the browser is known; publishes user.registered
//        and link.issued
//   400  not an email address; password under 8 or over 128 characters, or easy to guess; reported together
//   409  the email is already in use
//   429  too many sign-ups from one network
//   503  too many passwords waiting to be hashed
#include "common/http/negotiation.hpp"
#include "services/auth/device.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Created<User>> sign_up(App& app, http::Body<NewAccount> account, http::Context& context) {
    const auto& email = account->email;
    app.forbidden_passwords.require_absent(account->password, "password");
    if (app.rate_limits) {
        auto network = network_of(context.request.remote_address);
        co_await app.db.write(
            [&](sql::Tx& tx) { security::count_attempt(tx, sign_ups_of_network, network); });
    }
    auto hash = co_await app.passwords->hash(account->password.text);

    auto now = app.clock.now();
    store::Identity user{.id = UserId{runtime::new_uuid(app.random, now)}, .email = email.text};
    SessionId session{runtime::new_uuid(app.random, now)};
    auto link = new_link(app, contracts::LinkPurpose::confirm_email, now);
    auto until = now + security::token_lifetime;
    auto headers = session_cookie(app, user, session, until);
    headers.add("Set-Cookie", device_cookie(app, context.request, user.id));
    auto agent = user_agent(context.request);
    auto language = http::preferred_language(context.request.headers);
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::add_user(tx, user.id, email, hash, language))
                throw Conflict("Email is already in use"_text, "email");
            store::issue_link(tx, link, {user.id, user.email});
            store::add_session(tx, session, user.id, agent, until);
        },
        {.traceparent = account.key.traceparent});
    log_event(app, security::SecurityEvent::sign_up, context.request, user.id.text);
    co_return http::Created{User{user.id, user.email}, std::move(headers)};
}

}  // namespace stagedoor::auth::routes
