// PUT /api/users/name
//
// Sets the name that buyers see beside the user's listings; an empty one takes it away.
//   200  {}; publishes seller.named, if it is another one than before
//   400  over 60 characters, several lines, or characters that can't be seen
//   401  not signed in
//   429  the 21st within a day
#include "services/auth/limits.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> change_name(App& app, http::SignedIn user, http::Body<SellerName> chosen) {
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (app.rate_limits) security::count_attempt(tx, names_of_user, user.id.text);
            store::set_seller_name(tx, user.id, chosen->name);
        },
        {.traceparent = chosen.key.traceparent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
