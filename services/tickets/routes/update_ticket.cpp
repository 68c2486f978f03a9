// PUT /api/tickets/:id
//
// The seller or an admin edits a listing. Replaces title, price and details; quantity and maxPerOrder keep
// their values if absent. `version` in the body or If-Match makes the edit conditional on that version.
// Existing orders keep their price.
//   200  the listing at its next version; publishes ticket.updated
//   400  a field outside its limits, invalid If-Match
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
//   409  a newer version than `version`; withdrawn or cancelled; quantity below the number of tickets held or
//        sold
//   412  If-Match or If-None-Match does not allow the listing's version
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<Ticket>> update_ticket(App& app, http::SignedIn user, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Body<EditedTicket> request) {
    auto editor = store::Editor{user.id, user.claims.has_role("admin"), request->version};
    auto entry = app.admin_entry(user, "update-listing", *id);
    auto ticket = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto updated = store::update(tx, app.known_words, *id,
                                         store::with_preconditions(tx, *id, editor, if_match), *request);
            app.record(tx, entry, user, updated.user_id);
            outbox::publish(tx, contracts::TicketUpdated{to_event(updated)});
            return updated;
        },
        {.traceparent = request.key.traceparent});
    co_return http::Ok{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
