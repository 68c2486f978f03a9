// POST /api/tickets/:id/cancel
//
// The seller or an admin cancels a listing: unpaid orders for it are cancelled, paid ones are refunded.
//   200  the listing, `cancelled`; publishes ticket.cancelled unless already cancelled
//   400  invalid If-Match
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
//   412  If-Match or If-None-Match does not allow the listing's version
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<Ticket>> cancel_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Trace trace) {
    auto editor = store::Editor{user.id, user.claims.has_role("admin"), {}};
    auto entry = app.admin_entry(user, "cancel-listing", *id);
    auto ticket = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto cancelled = store::cancel(tx, *id, store::with_preconditions(tx, *id, editor, if_match));
            if (!cancelled) return store::find(tx, *id).value();
            app.record(tx, entry, user, cancelled->user_id);
            outbox::publish(tx, contracts::TicketCancelled{to_event(*cancelled)});
            return *cancelled;
        },
        {.traceparent = trace.parent});
    co_return http::Ok{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
