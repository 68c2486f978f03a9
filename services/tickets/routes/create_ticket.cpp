// POST /api/tickets
//
// Lists tickets for sale.
//   201  the listing, `open`, at version 1; publishes ticket.created
//   400  a field outside its limits, a price of 0 or with too many decimals, an event in the past
//   401  not signed in
#include "common/idempotency/idempotent.hpp"
#include "common/messaging/outbox.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Created<Ticket>> create_ticket(App& app, http::SignedIn seller, http::Body<NewTicket> request) {
    auto now = app.clock.now();
    auto id = TicketId{runtime::new_uuid(app.random, now)};
    auto ticket = co_await idempotent(app.db, request.key, [&](sql::Tx& tx) {
        auto created = store::insert(tx, id, seller.id, *request);
        outbox::publish(tx, contracts::TicketCreated{to_event(created)});
        return created;
    });
    co_return http::Created{std::move(ticket)};
}

}  // namespace stagedoor::tickets::routes
