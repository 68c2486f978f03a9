// PUT /api/users/password
//
// A new password; whoever is signed in with the old one is so no longer, but for the session that asks. A link to reset
// it that was mailed before is void.
//   200  the user, and a new cookie for this session; tells epoch.raised
//   400  `currentPassword` is wrong, or `newPassword` can't be one
//   401  not signed in
//   409  the password was changed at the same moment
//   429  too many tries with a wrong password
//   503  too many passwords wait to be hashed
#include "common/messaging/outbox.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/links.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth::routes {
namespace {

// The user's hash, if `password` is what it was made of; counts the try, and takes it back when it was right.
Task<store::StoredPassword> check_present_password(App& app, const UserId& user,
                                                   const std::string& password) {
    auto limited = app.settings.rate_limits;
    auto hash = co_await app.db.write([&](sql::Tx& tx) {
        if (limited) security::count_try(tx, password_changes, user.text);
        return store::password_of(tx, user);
    });
    if (!hash) throw NotSignedIn();
    if (!co_await app.passwords->matches(password, *hash)) throw Invalid("is wrong", "currentPassword");
    co_return store::StoredPassword{user, std::move(*hash)};
}

}  // namespace

Task<http::Ok<User>> change_password(App& app, http::SignedIn user, http::Body<PasswordChange> change) {
    auto present = co_await check_present_password(app, user.id, change->current_password);
    auto new_hash = co_await app.passwords->hash(change->new_password.text);

    auto now = app.clock.now();
    const auto& session = user.claims.session;
    auto changed = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto identity = store::replace_password(tx, present, new_hash);
            if (!identity) throw Conflict("The password was changed at the same moment");
            store::void_links(tx, user.id, contracts::LinkPurpose::reset_password);
            store::end_other_sessions(tx, user.id, session);
            if (!store::renew_session(tx, session, user.id, identity->epoch, now + security::token_lifetime))
                throw NotSignedIn();
            if (app.settings.rate_limits) security::take_back_try(tx, password_changes, user.id.text);
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
