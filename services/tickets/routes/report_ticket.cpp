// POST /api/tickets/:id/report
//
// Reports a listing to the operators. A second report by the same user replaces the first.
//   204  reported
//   400  no `reason`, or `details` too long
//   401  not signed in
//   403  the user's own listing
//   404  no such listing
//   429  too many reports by this user
#include "common/security/rate_limit.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {
namespace {

constexpr security::RateLimit reports_of_user{
    .name = "reports by user", .max_attempts = 20, .window = std::chrono::hours{24}};

}  // namespace

Task<http::NoContent> report_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                    http::Body<NewReport> request) {
    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto ticket = store::find(tx, *id);
            if (!ticket) throw NotFound("Listing not found"_text);
            if (ticket->user_id == user.id) throw Forbidden("This is your own listing"_text);
            if (app.rate_limits) security::count_attempt(tx, reports_of_user, user.id.text);
            store::add_report(tx, *id,
                              {.user_id = user.id,
                               .reason = request->reason,
                               .details = request->details ? request->details->value : "",
                               .reported_at = tx.now()});
        },
        {.traceparent = request.key.traceparent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::tickets::routes
