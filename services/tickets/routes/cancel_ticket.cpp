// POST /api/tickets/:id/cancel
//
// The seller, or an admin, calls the whole thing off: orders that hold it are cancelled, and what was paid for it goes
// back to the buyers.
//   200  the listing, `cancelled`, now or before; the first time it tells ticket.cancelled
//   400  If-Match is no version
//   401  not signed in
//   403  somebody else's
//   404  no such ticket
//   409  a newer version than If-Match says
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<Ticket>> cancel_ticket(App& app, http::SignedIn editor, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Trace trace) {
    auto who = store::Editor{editor.id, editor.claims.has_role("admin"), if_match.version};
    auto ticket = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto cancelled = store::cancel(tx, *id, who);
            if (!cancelled) return store::find(tx, *id).value();
            outbox::publish(tx, contracts::TicketCancelled{listing(*cancelled)});
            return *cancelled;
        },
        {.traceparent = trace.parent});
    co_return http::Ok{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
