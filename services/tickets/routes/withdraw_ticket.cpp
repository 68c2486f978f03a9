// DELETE /api/tickets/:id
//
// The seller or an admin takes a listing off sale. Existing orders stay valid.
//   204  withdrawn; publishes ticket.withdrawn unless already withdrawn or cancelled
//   400  invalid If-Match
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
//   412  If-Match or If-None-Match does not allow the listing's version
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::NoContent> withdraw_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                      http::IfMatch if_match, http::Trace trace) {
    auto editor = store::Editor{user.id, user.claims.has_role("admin"), {}};
    auto entry = app.admin_entry(user, "withdraw-listing", *id);
    co_await app.db.write(
        [&](sql::Tx& tx) {
            auto withdrawn = store::withdraw(tx, *id, store::with_preconditions(tx, *id, editor, if_match));
            if (!withdrawn) return;
            app.record(tx, entry, user, withdrawn->user_id);
            outbox::publish(tx, contracts::TicketWithdrawn{to_event(*withdrawn)});
        },
        {.traceparent = trace.parent});
    co_return http::NoContent{};
}

}  // namespace stagedoor::tickets::routes
