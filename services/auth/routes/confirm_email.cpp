// POST /api/users/confirm
//
// Whoever has the link that was mailed to an address has the address; no session is needed.
//   200  the user; tells user.confirmed, unless the address was confirmed before
//   400  `token` is of no link to confirm an address, or of one that was used, replaced or is an hour old
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
            if (!owner) refuse_link();
            store::confirm(tx, *owner);
            if (!store::use_link(tx, token_hash, purpose)) refuse_link();
            return store::identity(tx, *owner).value();
        },
        {.traceparent = confirmation.key.traceparent});
    co_return http::Ok{User{user.id, user.email}};
}

}  // namespace stagedoor::auth::routes
