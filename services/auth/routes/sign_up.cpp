// POST /api/users/signup
//
// Creates a user, signs them in and sends a link to confirm their email address.
//   201  the user, and a session cookie; publishes user.registered and link.issued
//   400  not an email address; password under 8 or over 128 characters, or too common; reported together
//   409  the email is already in use
//   429  too many sign-ups from one network
//   503  too many passwords waiting to be hashed
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Created<User>> sign_up(App& app, http::Body<NewAccount> account, http::Context& context) {
    const auto& email = account->email;
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
    auto cookie = session_cookie(app, user, session, now);
    auto agent = user_agent(context.request);
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::add_user(tx, user.id, email, hash))
                throw Conflict("Email is already in use", "email");
            store::issue_link(tx, link, {user.id, user.email});
            store::add_session(tx, session, user.id, agent, now + security::token_lifetime);
        },
        {.traceparent = account.key.traceparent});
    co_return http::Created{User{user.id, user.email}, std::move(cookie)};
}

}  // namespace stagedoor::auth::routes
