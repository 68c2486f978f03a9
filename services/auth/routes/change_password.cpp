// PUT /api/users/password
//
// Changes the password. Ends all other sessions of the user and invalidates emailed reset links.
//   200  the user, and a new cookie for this session; publishes epoch.raised
//   400  wrong `currentPassword`, or unacceptable `newPassword`
//   401  not signed in
//   409  the password was changed concurrently
//   429  too many attempts with a wrong password
//   503  too many passwords waiting to be hashed
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/links.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/typed_password.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<User>> change_password(App& app, http::SignedIn user, http::Body<PasswordChange> change,
                                     http::Context& context) {
    require_not_from_email(change->new_password, user.claims.email, "newPassword");
    app.forbidden_passwords.require_absent(change->new_password, "newPassword");
    auto current = co_await require_password(app, user.id, change->current_password, "currentPassword");
    auto new_hash = co_await app.passwords->hash(change->new_password.text);

    const auto& session = user.claims.session;
    auto [changed, until] = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto identity = store::replace_password(tx, current, new_hash);
            if (!identity) throw Conflict("Your password was just changed by another request"_text);
            store::invalidate_links(tx, user.id, contracts::LinkPurpose::reset_password);
            store::end_other_sessions(tx, user.id, session);
            auto renewed_until = renew(tx, app, session, *identity);
            if (!renewed_until) throw NotSignedIn();
            if (app.rate_limits) security::uncount_attempt(tx, password_checks, user.id.text);
            reject_older_tokens(tx, *app.sessions, *identity);
            return std::pair{*identity, *renewed_until};
        },
        {.traceparent = change.key.traceparent});
    log_event(app, security::SecurityEvent::password_changed, context.request, user.id.text);
    co_return http::Ok{User{changed.id, changed.email}, session_cookie(app, changed, session, until)};
}

}  // namespace stagedoor::auth::routes
