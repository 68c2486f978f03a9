// POST /api/users/signout
//
// Ends the caller's session and clears the cookie, which is also cleared for callers who are not signed in.
//   200  {}; publishes session.revoked
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> sign_out(App& app, http::MaybeSignedIn user, http::Trace trace) {
    if (user.claims) {
        co_await app.db.write(
            [&](sql::Tx& tx) {
                store::end_session(tx, user.claims->session, user.claims->user, *app.sessions);
            },
            {.traceparent = trace.parent});
    }
    http::Headers headers;
    headers.add("Set-Cookie", app.sessions->cleared_cookie());
    co_return http::Ok{Done{}, std::move(headers)};
}

}  // namespace stagedoor::auth::routes
