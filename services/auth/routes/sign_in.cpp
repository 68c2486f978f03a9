// POST /api/users/signin
//
// Ends the session that the request belongs to.
//   200  the user, a session cookie, and a cookie by which the browser is known; publishes session.revoked
//   400  not an email address, or no password
//   401  unknown email or wrong password: the same message after the same time
//   403  an operator has disabled the account
//   429  too many failed attempts: in a browser where the user has signed in before, in that browser; else
//        for the email from this network, for the email, or from this network
//   503  too many passwords waiting to be verified
#include "services/auth/device.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/typed_password.hpp"

namespace stagedoor::auth::routes {
namespace {

// Counted before the password is verified, so that parallel attempts are limited like sequential ones.
// Taken back after a successful sign-in.
class Attempts {
  public:
    Attempts(const std::string& email, const std::string& network, const std::optional<std::string>& device) {
        if (device)
            counted_ = {{sign_ins_of_device, *device}};  // alone: nobody elsewhere can exhaust it
        else
            counted_ = {{sign_ins_of_email_and_network, attempts_key(email, network)},
                        {sign_ins_of_email, email},
                        {sign_ins_of_network, network}};
    }
    void count(sql::Tx& tx) const {
        for (const auto& [limit, key] : counted_) security::count_attempt(tx, limit, key);
    }
    void take_back(sql::Tx& tx) const {
        for (const auto& [limit, key] : counted_) security::uncount_attempt(tx, limit, key);
    }

  private:
    std::vector<std::pair<security::RateLimit, std::string>> counted_;
};

[[noreturn]] void throw_wrong_credentials() { throw NotSignedIn("Wrong email or password"_text); }

struct Verified {
    store::StoredPassword stored;
    std::optional<std::string> new_hash;  // to be stored instead
};

// Throws if there is no such user or the password is wrong.
Task<Verified> verify(App& app, const http::Request& request, const std::string& typed,
                      std::optional<store::StoredPassword> stored) {
    // The empty hash of an unknown user takes as long to verify as any other.
    auto matched = co_await match(app, typed, stored ? stored->hash : std::string{});
    auto fail = [&](std::string_view reason) {
        log_event(app, security::SecurityEvent::sign_in_failed, request, stored ? stored->id.text : "",
                  reason);
    };
    if (matched == PasswordMatch::none) {
        fail(stored ? "wrong password" : "unknown email");
        throw_wrong_credentials();
    }
    if (stored->disabled) {
        fail("disabled");
        throw Forbidden("This account is disabled. Contact us to use it again"_text);
    }
    auto new_hash = co_await replacement_hash(app, matched, typed, stored->hash);
    co_return Verified{std::move(*stored), std::move(new_hash)};
}

}  // namespace

Task<http::Ok<User>> sign_in(App& app, http::Body<Credentials> credentials, http::MaybeSignedIn before,
                             http::Context& context) {
    if (credentials->password.empty()) throw Invalid("Enter your password"_text, "password");
    const auto& email = credentials->email;
    std::optional<Attempts> attempts;
    auto stored = co_await app.db.write([&](sql::Tx& tx) {
        auto found = store::password_of(tx, email);
        if (app.rate_limits) {
            auto device = found ? known_device(app, context.request, found->id) : std::nullopt;
            attempts.emplace(email.text, network_of(context.request.remote_address), device);
            attempts->count(tx);
        }
        return found;
    });
    auto verified = co_await verify(app, context.request, credentials->password, std::move(stored));

    auto now = app.clock.now();
    auto until = now + security::token_lifetime;
    SessionId session{runtime::new_uuid(app.random, now)};
    auto agent = user_agent(context.request);
    auto record = [&](sql::Tx& tx) {
        auto identity = store::record_sign_in(tx, verified.stored, verified.new_hash);
        if (!identity) return identity;
        if (before.claims) store::end_session(tx, before.claims->session, before.claims->user, *app.sessions);
        store::add_session(tx, session, identity->id, agent, until);
        if (attempts) attempts->take_back(tx);
        return identity;
    };
    auto user = co_await app.db.write(record, {.traceparent = credentials.key.traceparent});
    if (!user) {
        // The hash was replaced: by a concurrent sign-in, of the same password, or by a password change.
        stored = co_await app.db.read([&](sql::Tx& tx) { return store::password_of(tx, email); });
        verified = co_await verify(app, context.request, credentials->password, std::move(stored));
        user = co_await app.db.write(record, {.traceparent = credentials.key.traceparent});
        if (!user) throw_wrong_credentials();
    }
    log_event(app, security::SecurityEvent::sign_in, context.request, user->id.text);
    auto headers = session_cookie(app, *user, session, until);
    headers.add("Set-Cookie", device_cookie(app, context.request, user->id));
    co_return http::Ok{User{user->id, user->email}, std::move(headers)};
}

}  // namespace stagedoor::auth::routes
