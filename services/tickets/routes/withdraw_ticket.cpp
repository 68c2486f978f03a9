// DELETE /api/tickets/:id
//
// The seller, or an admin, takes back what is neither held nor sold; orders made before stand.
//   204  withdrawn, now or before; the first time it tells ticket.withdrawn
//   400  If-Match is no version
//   401  not signed in
//   403  somebody else's
//   404  no such ticket
//   409  a newer version than If-Match says
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::NoContent> withdraw_ticket(App& app, http::SignedIn editor, http::Path<TicketId> id,
                                      http::IfMatch if_match, http::Trace trace) {
    auto who = store::Editor{editor.id, editor.claims.has_role("admin"), if_match.version};
    co_await app.db.write(
        [&](sql::Tx& tx) {
            if (auto withdrawn = store::withdraw(tx, *id, who))
                outbox::publish(tx, contracts::TicketWithdrawn{listing(*withdrawn)});
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::tickets::routes
