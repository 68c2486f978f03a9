// POST /api/users/confirm/resend
//
// Sends another email with a confirmation link and invalidates the previous link.
//   200  {}; publishes link.issued
//   401  not signed in
//   409  already confirmed
//   429  more than 3 requests within an hour
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
            if (!unconfirmed) throw Conflict("Your email is already confirmed"_text);
            if (app.rate_limits) security::count_attempt(tx, confirmations_of_user, user.id.text);
            store::issue_link(tx, link, *unconfirmed);
        },
        {.traceparent = trace.parent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
