// POST /api/users/password/reset
//
// A mail with a link to set another password. Who asks is not told whether anybody has that address: the answer is the
// same after the same work, also when the address has had its mails for now.
//   200  {}; tells link.issued when there is such a user
//   400  not an e-mail address
//   429  too many asked for from one address
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {
namespace {

bool may_be_mailed(sql::Tx& tx, const EmailAddress& email) {
    try {
        security::count_try(tx, resets_of_email, email.text);
        return true;
    } catch (const TooManyRequests&) {
        return false;
    }
}

}  // namespace

Task<http::Ok<Done>> send_reset(App& app, http::Body<ForgottenPassword> request, http::Context& context) {
    auto network = network_of(context.request.remote_address);
    auto link = new_link(app, contracts::LinkPurpose::reset_password, app.clock.now());
    auto limited = app.settings.rate_limits;
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (limited) security::count_try(tx, resets_of_network, network);
            if (limited && !may_be_mailed(tx, request->email)) return;
            if (auto user = store::lock_user(tx, request->email)) store::issue_link(tx, link, *user);
        },
        {.traceparent = request.key.traceparent});
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
