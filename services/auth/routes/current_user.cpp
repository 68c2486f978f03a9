// GET /api/users/currentuser
//
// Past half of its lifetime, or once the address is confirmed, a token is replaced by a new one with the
// current email and roles, until the session has lasted --session-days.
//   200  {"currentUser": the user, or null if not signed in}
#include <tuple>

#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {
namespace {

http::Headers uncached() { return {{"Cache-Control", "private, no-store"}}; }

}  // namespace

Task<http::Ok<CurrentUser>> current_user(App& app, http::MaybeSignedIn user, http::Trace trace) {
    if (!user.claims) co_return http::Ok{CurrentUser{}, uncached()};
    const auto& claims = *user.claims;
    auto now = app.clock.now();
    auto [ended, confirmed, name] = co_await app.db.read([&](sql::Tx& tx) {
        return std::tuple{security::Sessions::has_ended(tx, claims), store::is_confirmed(tx, claims.user),
                          store::seller_name_of(tx, claims.user)};
    });
    if (ended) co_return http::Ok{CurrentUser{}, uncached()};
    if (now - claims.issued_at < security::token_lifetime / 2 && claims.confirmed == confirmed) {
        co_return http::Ok{CurrentUser{{CurrentUserView{{claims.user, claims.email}, confirmed, name}}},
                           uncached()};
    }
    auto renewed = co_await app.db.write(
        [&](sql::Tx& tx) -> std::optional<std::pair<store::Identity, Instant>> {
            auto identity = store::identity(tx, claims.user);
            if (!identity) return std::nullopt;
            identity->epoch = claims.epoch;  // never newer than the epoch that the token proved
            auto until = renew(tx, app, claims.session, *identity);
            if (!until) return std::nullopt;
            return std::pair{std::move(*identity), *until};
        },
        {.traceparent = trace.parent});
    if (!renewed) co_return http::Ok{CurrentUser{}, uncached()};  // ended in the meantime
    const auto& [identity, until] = *renewed;
    co_return http::Ok{CurrentUser{{CurrentUserView{{identity.id, identity.email}, confirmed, name}}},
                       session_cookie(app, identity, claims.session, until)};
}

}  // namespace stagedoor::auth::routes
