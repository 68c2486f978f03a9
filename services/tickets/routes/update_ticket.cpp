// PUT /api/tickets/:id
//
// The seller, or an admin, changes a listing. Title, price and details are replaced; quantity and maxPerOrder
// stay when left out. With `version` in the body or If-Match, only if nobody changed it meanwhile. Orders
// keep the price they were made at.
//   200  the listing at its next version; tells ticket.updated
//   400  a field that breaks its limits
//   401  not signed in
//   403  somebody else's
//   404  no such ticket
//   409  a newer version, withdrawn, or fewer wanted than are held or sold
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<Ticket>> update_ticket(App& app, http::SignedIn editor, http::Path<TicketId> id,
                                     http::IfMatch if_match, http::Body<EditedTicket> request) {
    auto seen = if_match.version ? if_match.version : request->version;
    auto who = store::Editor{editor.id, editor.claims.has_role("admin"), seen};
    auto ticket = co_await app.db.write(
        [&](sql::Tx& tx) {
            auto updated = store::update(tx, *id, who, *request);
            outbox::publish(tx, contracts::TicketUpdated{listing(updated)});
            return updated;
        },
        {.traceparent = request.key.traceparent});
    co_return http::Ok{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
