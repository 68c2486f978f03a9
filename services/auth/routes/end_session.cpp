// DELETE /api/users/sessions/:id
//
// Signs the user out somewhere else (or here).
//   204  ended; tells session.revoked
//   401  not signed in
//   404  no session of this user, or ended before
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::NoContent> end_session(App& app, http::SignedIn user, http::Path<SessionId> id,
                                  http::Trace trace) {
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (!store::end_session(tx, *id, user.id, *app.sessions)) throw NotFound("No such session");
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::auth::routes
