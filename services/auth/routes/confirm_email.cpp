// POST /api/users/confirm
//
// Confirms an email address with the token of an emailed link. Needs no session: the token is proof enough.
//   200  the user; publishes user.confirmed unless already confirmed
//   400  `token` is not from a confirmation link, or its link was used, replaced or has expired
#include "common/security/link.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<User>> confirm_email(App& app, http::Body<Confirmation> confirmation) {
    constexpr auto purpose = contracts::LinkPurpose::confirm_email;
    auto token_hash = security::hash_of_token(confirmation->token);
    auto user = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto owner = store::owner_of_link(tx, token_hash, purpose);
            if (!owner) throw_invalid_link();
            store::confirm(tx, *owner);
            if (!store::use_link(tx, token_hash, purpose)) throw_invalid_link();
            return store::identity(tx, *owner).value();
        },
        {.traceparent = confirmation.key.traceparent});
    co_return http::Ok{User{user.id, user.email}};
}

}  // namespace stagedoor::auth::routes
