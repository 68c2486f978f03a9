// GET /api/users/currentuser
//
// Past half of its lifetime a token is replaced by a new one with the current email and roles.
//   200  {"currentUser": the user, or null if not signed in}
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<CurrentUser>> current_user(App& app, http::MaybeSignedIn user, http::Trace trace) {
    if (!user.claims) co_return http::Ok{CurrentUser{}};
    const auto& claims = *user.claims;
    auto now = app.clock.now();
    auto [ended, confirmed] = co_await app.db.read([&](sql::Tx& tx) {
        return std::pair{security::Sessions::has_ended(tx, claims), store::is_confirmed(tx, claims.user)};
    });
    if (ended) co_return http::Ok{CurrentUser{}};
    if (now - claims.issued_at < security::token_lifetime / 2) {
        co_return http::Ok{CurrentUser{{CurrentUserView{{claims.user, claims.email}, confirmed}}}};
    }
    auto renewed = co_await app.db.write(
        [&](sql::Tx& tx) -> std::optional<store::Identity> {
            auto until = now + security::token_lifetime;
            if (!store::renew_session(tx, claims.session, claims.user, claims.epoch, until))
                return std::nullopt;
            return store::identity(tx, claims.user);
        },
        {.traceparent = trace.parent});
    if (!renewed) co_return http::Ok{CurrentUser{}};  // ended in the meantime
    renewed->epoch = claims.epoch;                    // never newer than the epoch that the token proved
    co_return http::Ok{CurrentUser{{CurrentUserView{{renewed->id, renewed->email}, confirmed}}},
                       session_cookie(app, *renewed, claims.session, now)};
}

}  // namespace stagedoor::auth::routes
