// POST /api/users/password/reset
//
// Sends an email with a link to set a new password. To hide whether an account exists, the response is the
// same, after the same work, for unknown emails and for emails that have reached their limit.
//   200  {}; publishes link.issued if there is such a user and its email is below the limit
//   400  not an email address
//   429  too many requests from one network
#include "services/auth/limits.hpp"
#include "services/auth/link.hpp"
#include "services/auth/routes/routes.hpp"
#include "services/auth/session.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth::routes {
namespace {

// Counts the request; false if that email has reached its limit.
bool within_email_limit(sql::Tx& tx, const EmailAddress& email) {
    try {
        security::count_attempt(tx, resets_of_email, email.text);
        return true;
    } catch (const TooManyRequests&) {
        return false;
    }
}

}  // namespace

Task<http::Ok<Done>> send_reset(App& app, http::Body<ForgottenPassword> request, http::Context& context) {
    auto network = network_of(context.request.remote_address);
    auto link = new_link(app, contracts::LinkPurpose::reset_password, app.clock.now());
    auto limited = app.rate_limits;
    auto owner = co_await app.db.write(
        [&](sql::Tx& tx) -> std::optional<UserId> {
            if (limited) security::count_attempt(tx, resets_of_network, network);
            if (limited && !within_email_limit(tx, request->email)) return std::nullopt;
            auto user = store::lock_user(tx, request->email);
            if (!user) return std::nullopt;
            store::issue_link(tx, link, *user);
            return user->id;
        },
        {.traceparent = request.key.traceparent});
    log_event(app, security::SecurityEvent::reset_requested, context.request, owner ? owner->text : "",
              owner ? "" : "no email sent");
    co_return http::Ok{Done{}};
}

}  // namespace stagedoor::auth::routes
