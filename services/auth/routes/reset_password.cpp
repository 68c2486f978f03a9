// POST /api/users/password/reset/confirm
//
// Another password for who has the link that was mailed. Every session of the user ends; and since the mail was read,
// the address is theirs. Failed sign-ins of that address are forgotten: the new password works at once.
//   200  {}; tells epoch.raised, and user.confirmed, unless the address was confirmed before
//   400  `token` is of no link to reset a password, or of one that was used, replaced or is an hour old; or `password`
//        can't be one
//   503  too many passwords wait to be hashed
#include "common/messaging/outbox.hpp"
#include "common/security/link.hpp"
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/sessions.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {
namespace {

constexpr auto purpose = contracts::LinkPurpose::reset_password;

}  // namespace

Task<http::Ok<Done>> reset_password(App& app, http::Body<PasswordReset> reset) {
    auto token_hash = security::hash_of_token(reset->token);
    // Asked beforehand, so that nobody makes us hash passwords without a link; decided by use_link().
    auto owner =
        co_await app.db.read([&](sql::Tx& tx) { return store::owner_of_link(tx, token_hash, purpose); });
    if (!owner) refuse_link();
    auto new_hash = co_await app.passwords->hash(reset->password.text);

    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto epoch = store::set_password(tx, *owner, new_hash);
            if (!store::use_link(tx, token_hash, purpose)) refuse_link();
            store::confirm(tx, *owner);
            store::end_sessions(tx, *owner);
            security::take_back_tries(tx, sign_ins_of_email, store::identity(tx, *owner).value().email);
            contracts::EpochRaised event{.user_id = *owner, .epoch = epoch, .version = epoch};
            app.sessions->epoch_raised(tx, event);
            outbox::publish(tx, event);
        },
        {.traceparent = reset.key.traceparent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
