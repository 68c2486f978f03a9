// POST /api/users/sessions/end
//
// Signs the user out on another device or, without `id`, on all others. Asks for the password: whoever finds
// an open browser must not lock out its owner.
//   200  {}; one ended: publishes session.revoked; all others: publishes epoch.raised, and sets a new cookie
//   400  wrong `password`
//   401  not signed in
//   404  not a session of this user, or already ended
//   429  too many attempts with a wrong password
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/typed_password.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> end_sessions(App& app, http::SignedIn user, http::Body<SessionEnd> request,
                                  http::Context& context) {
    (void)co_await require_password(app, user.id, request->password, "password");
    const auto& current = user.claims.session;
    auto headers = co_await app.db.write(
        [&](sql::Tx& tx) {
            if (app.rate_limits) security::uncount_attempt(tx, password_checks, user.id.text);
            if (request->id) {
                if (!store::end_session(tx, *request->id, user.id, *app.sessions))
                    throw NotFound("Session not found"_text);
                return http::Headers{};
            }
            auto identity = store::raise_epoch(tx, user.id);
            store::end_other_sessions(tx, user.id, current);
            auto until = renew(tx, app, current, identity);
            if (!until) throw NotSignedIn();
            reject_older_tokens(tx, *app.sessions, identity);
            return session_cookie(app, identity, current, *until);
        },
        {.traceparent = request.key.traceparent});
    log_event(app, security::SecurityEvent::session_ended, context.request, user.id.text,
              request->id ? "ended" : "all others ended");
    co_return http::Ok{Done{}, std::move(headers)};
}

}  // namespace stagedoor::auth::routes
