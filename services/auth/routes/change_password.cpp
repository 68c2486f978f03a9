// PUT /api/users/password
//
// Changes the password. Ends all other sessions of the user and invalidates emailed reset links.
//   200  the user, and a new cookie for this session; publishes epoch.raised
//   400  wrong `currentPassword`, or unacceptable `newPassword`
//   401  not signed in
//   409  the password was changed concurrently
//   429  too many attempts with a wrong password
//   503  too many passwords waiting to be hashed
#include "common/messaging/outbox.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/links.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/typed_password.hpp"

namespace stagedoor::auth::routes {
namespace {

// The user's stored hash; throws Invalid if `password` does not match it. Counts the attempt, which the
// caller takes back once the change succeeds.
Task<store::StoredPassword> check_current_password(App& app, const UserId& user,
                                                   const std::string& password) {
    auto limited = app.rate_limits;
    auto hash = co_await app.db.write([&](sql::Tx& tx) {
        if (limited) security::count_attempt(tx, password_changes, user.text);
        return store::password_of(tx, user);
    });
    if (!hash) throw NotSignedIn();
    if (co_await match(app, password, *hash) == PasswordMatch::none)
        throw Invalid("Current password is wrong", "currentPassword");
    co_return store::StoredPassword{user, std::move(*hash)};
}

}  // namespace

Task<http::Ok<User>> change_password(App& app, http::SignedIn user, http::Body<PasswordChange> change) {
    require_not_email(change->new_password, user.claims.email, "newPassword");
    auto current = co_await check_current_password(app, user.id, change->current_password);
    auto new_hash = co_await app.passwords->hash(change->new_password.text);

    auto now = app.clock.now();
    const auto& session = user.claims.session;
    auto changed = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto identity = store::replace_password(tx, current, new_hash);
            if (!identity) throw Conflict("Your password was just changed by another request");
            store::invalidate_links(tx, user.id, contracts::LinkPurpose::reset_password);
            store::end_other_sessions(tx, user.id, session);
            if (!store::renew_session(tx, session, user.id, identity->epoch, now + security::token_lifetime))
                throw NotSignedIn();
            if (app.rate_limits) security::uncount_attempt(tx, password_changes, user.id.text);
            contracts::EpochRaised event{
                .user_id = user.id, .epoch = identity->epoch, .version = identity->epoch};
            app.sessions->epoch_raised(tx, event);
            outbox::publish(tx, event);
            return *identity;
        },
        {.traceparent = change.key.traceparent});
    co_return http::Ok{User{changed.id, changed.email}, session_cookie(app, changed, session, now)};
}

}  // namespace stagedoor::auth::routes
