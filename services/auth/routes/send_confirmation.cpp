// POST /api/users/confirm/resend
//
// Another mail with a link to confirm the user's address; the older link is void.
//   200  {}; tells link.issued
//   401  not signed in
//   409  the address is confirmed already
//   429  asked for 3 times within an hour
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {

Task<http::Ok<Done>> send_confirmation(App& app, http::SignedIn user, http::Trace trace) {
    auto link = new_link(app, contracts::LinkPurpose::confirm_email, app.clock.now());
    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto unconfirmed = store::lock_unconfirmed(tx, user.id);
            if (!unconfirmed) throw Conflict("The e-mail address is confirmed already");
            if (app.settings.rate_limits) security::count_try(tx, confirmations_of_user, user.id.text);
            store::issue_link(tx, link, *unconfirmed);
        },
        {.traceparent = trace.parent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
