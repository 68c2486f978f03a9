// POST /api/users/password/reset/confirm
//
// Sets a new password with the token of an emailed link. Ends every session of the user and confirms the
// email address, because the user has read the email. Clears the failed sign-ins of that email from this
// network, so the new password works at once.
//   200  {}; publishes epoch.raised, and user.confirmed unless already confirmed
//   400  `token` not from a reset link, or its link was used, replaced or has expired; unacceptable
//        `password`
//   503  too many passwords waiting to be hashed
#include "common/security/link.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {
namespace {

constexpr auto purpose = contracts::LinkPurpose::reset_password;

}  // namespace

Task<http::Ok<Done>> reset_password(App& app, http::Body<PasswordReset> reset, http::Context& context) {
    auto network = network_of(context.request.remote_address);
    auto token_hash = security::hash_of_token(reset->token);
    // Checked first so that nobody without a link can make us hash passwords. use_link() has the final say.
    auto owner =
        co_await app.db.read([&](sql::Tx& tx) { return store::owner_of_link(tx, token_hash, purpose); });
    if (!owner) throw_invalid_link();
    auto email = co_await app.db.read([&](sql::Tx& tx) { return store::identity(tx, *owner).value().email; });
    require_not_from_email(reset->password, email, "password");
    app.forbidden_passwords.require_absent(reset->password, "password");
    auto new_hash = co_await app.passwords->hash(reset->password.text);

    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto user = store::set_password(tx, *owner, new_hash);
            if (!store::use_link(tx, token_hash, purpose)) throw_invalid_link();
            store::confirm(tx, *owner);
            store::end_sessions(tx, *owner);
            security::reset_attempts(tx, sign_ins_of_email, user.email);
            security::reset_attempts(tx, sign_ins_of_email_and_network, attempts_key(user.email, network));
            reject_older_tokens(tx, *app.sessions, user);
        },
        {.traceparent = reset.key.traceparent});
    log_event(app, security::SecurityEvent::password_reset, context.request, owner->text);
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
