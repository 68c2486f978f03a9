// GET /api/tickets/:id
//
//   200  the listing, even if sold out, withdrawn or cancelled
//   404  no such listing
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<Ticket>> show_ticket(App& app, http::Path<TicketId> id) {
    auto ticket = co_await app.db.read([&](sql::Tx& tx) { return store::find(tx, *id); });
    if (!ticket) throw NotFound("Listing not found"_text);
    auto version = ticket->version;
    co_return http::Ok{std::move(*ticket), {}, version};
}

}  // namespace stagedoor::tickets::routes
