// POST /api/users/signin
//
//   200  the user, and a session cookie
//   400  not an email address, or no password
//   401  unknown email or wrong password: the same message after the same time
//   429  too many failed attempts for one email or from one network
//   503  too many passwords waiting to be verified
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/typed_password.hpp"

namespace stagedoor::auth::routes {
namespace {

// Counted before the password is verified, so that parallel attempts are limited like sequential ones.
// Taken back after a successful sign-in.
struct Attempts {
    std::string email, network;

    void count(sql::Tx& tx) const {
        security::count_attempt(tx, sign_ins_of_email, email);
        security::count_attempt(tx, sign_ins_of_network, network);
    }
    void take_back(sql::Tx& tx) const {
        security::uncount_attempt(tx, sign_ins_of_email, email);
        security::uncount_attempt(tx, sign_ins_of_network, network);
    }
};

[[noreturn]] void throw_wrong_credentials() { throw NotSignedIn("Wrong email or password"); }

struct Verified {
    store::StoredPassword stored;
    std::optional<std::string> new_hash;  // to be stored instead
};

// Throws if there is no such user or the password is wrong.
Task<Verified> verify(App& app, const std::string& typed, std::optional<store::StoredPassword> stored) {
    // The empty hash of an unknown user takes as long to verify as any other.
    auto matched = co_await match(app, typed, stored ? stored->hash : std::string{});
    if (matched == PasswordMatch::none) throw_wrong_credentials();
    auto new_hash = co_await replacement_hash(app, matched, typed);
    co_return Verified{std::move(*stored), std::move(new_hash)};
}

}  // namespace

Task<http::Ok<User>> sign_in(App& app, http::Body<Credentials> credentials, http::Context& context) {
    if (credentials->password.empty()) throw Invalid("Enter your password", "password");
    Attempts attempts{credentials->email.text, network_of(context.request.remote_address)};
    auto limited = app.rate_limits;
    auto stored = co_await app.db.write([&](sql::Tx& tx) {
        if (limited) attempts.count(tx);
        return store::password_of(tx, credentials->email);
    });
    auto verified = co_await verify(app, credentials->password, std::move(stored));

    auto now = app.clock.now();
    SessionId session{runtime::new_uuid(app.random, now)};
    auto agent = user_agent(context.request);
    auto record = [&](sql::Tx& tx) {
        auto identity = store::record_sign_in(tx, verified.stored, verified.new_hash);
        if (!identity) return identity;
        store::add_session(tx, session, identity->id, agent, now + security::token_lifetime);
        if (limited) attempts.take_back(tx);
        return identity;
    };
    auto user = co_await app.db.write(record, {.traceparent = credentials.key.traceparent});
    if (!user) {
        // The hash was replaced: by a concurrent sign-in, of the same password, or by a password change.
        stored =
            co_await app.db.read([&](sql::Tx& tx) { return store::password_of(tx, credentials->email); });
        verified = co_await verify(app, credentials->password, std::move(stored));
        user = co_await app.db.write(record, {.traceparent = credentials.key.traceparent});
        if (!user) throw_wrong_credentials();
    }
    co_return http::Ok{User{user->id, user->email}, session_cookie(app, *user, session, now)};
}

}  // namespace stagedoor::auth::routes
