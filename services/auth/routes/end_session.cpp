// DELETE /api/users/sessions/:id
//
// Signs the user out on another device, or on this one.
//   204  ended; publishes session.revoked
//   401  not signed in
//   404  not a session of this user, or already ended
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::NoContent> end_session(App& app, http::SignedIn user, http::Path<SessionId> id,
                                  http::Trace trace) {
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::end_session(tx, *id, user.id, *app.sessions)) throw NotFound("Session not found");
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::auth::routes
