// POST /api/users/signin
//
//   200  the user, and the session's cookie
//   400  not an e-mail address, or no password
//   401  no such user or not the password: the same words after the same time
//   429  too many failed tries for this e-mail address, or from one address
//   503  too many passwords wait to be checked
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {
namespace {

// Counted before the password is looked at, so that many tries at once are as limited as many in a row; taken
// back when one succeeds.
struct Tries {
    std::string email, network;

    void count(sql::Tx& tx) const {
        security::count_try(tx, sign_ins_of_email, email);
        security::count_try(tx, sign_ins_of_network, network);
    }
    void take_back(sql::Tx& tx) const {
        security::take_back_try(tx, sign_ins_of_email, email);
        security::take_back_try(tx, sign_ins_of_network, network);
    }
};

[[noreturn]] void refuse() { throw NotSignedIn("The e-mail address or the password is wrong"); }

}  // namespace

Task<http::Ok<User>> sign_in(App& app, http::Body<Credentials> credentials, http::Context& context) {
    if (credentials->password.empty()) throw Invalid("must not be empty", "password");
    Tries tries{credentials->email.text, network_of(context.request.remote_address)};
    auto limited = app.settings.rate_limits;
    auto stored = co_await app.db.write([&](sql::Tx& tx) {
        if (limited) tries.count(tx);
        return store::password_of(tx, credentials->email);
    });
    // An unknown user's empty hash takes as long to check as any other.
    auto matches =
        co_await app.passwords->matches(credentials->password, stored ? stored->hash : std::string{});
    if (!matches) refuse();

    auto now = app.clock.now();
    SessionId session{runtime::new_uuid(app.random, now)};
    auto agent = user_agent(context.request);
    auto user = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto identity = store::let_in(tx, *stored);
            if (!identity) refuse();
            store::add_session(tx, session, identity->id, agent, now + security::token_lifetime);
            if (limited) tries.take_back(tx);
            return *identity;
        },
        {.traceparent = credentials.key.traceparent});
    co_return http::Ok{User{user.id, user.email}, session_cookie(app, user, session, now)};
}

}  // namespace stagedoor::auth::routes
