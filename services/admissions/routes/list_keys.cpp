// GET /api/admissions/listings/:ticketId/keys
//
// The public keys that verify the codes of a listing, for everybody: docs/ticket-code.md.
//   200  the keys; none if no code has been shown yet
//   404  no such listing
#include "services/admissions/routes/routes.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<Keys>> list_keys(App& app, http::Path<TicketId> ticket) {
    auto keys = co_await app.keys.find(app.db, *ticket);
    if (!keys) {
        auto is_known =
            co_await app.db.read([&](sql::Tx& tx) { return store::find_listing(tx, *ticket).has_value(); });
        if (!is_known) throw NotFound("Listing not found"_text);
    }
    co_return http::Ok{Keys{.ticket_id = *ticket, .tag = tag_of(*ticket), .keys = public_keys(keys.get())}};
}

}  // namespace stagedoor::admissions::routes
