// POST /api/users/signout
//
// Ends the caller's session, and clears the cookie and what the browser has cached, also for callers who are
// not signed in.
//   200  {}; publishes session.revoked
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> sign_out(App& app, http::MaybeSignedIn user, http::Trace trace, http::Context& context) {
    if (user.claims) {
        co_await app.db.write(
            [&](sql::Tx& tx) {
                store::end_session(tx, user.claims->session, user.claims->user, *app.sessions);
            },
            {.traceparent = trace.parent});
        log_event(app, security::SecurityEvent::session_ended, context.request, user.claims->user.text,
                  "sign-out");
    }
    http::Headers headers;
    headers.add("Clear-Site-Data", http::clear_cache);
    headers.add("Set-Cookie", app.sessions->cleared_cookie());
    co_return http::Ok{Done{}, std::move(headers)};
}

}  // namespace stagedoor::auth::routes
