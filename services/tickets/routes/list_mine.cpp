// GET /api/tickets/mine
//
//   200  the caller's own listings, newest first, with the numbers held and sold and the amount earned
//   400  invalid limit or cursor
//   401  not signed in
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Page<OwnTicket>> list_mine(App& app, http::SignedIn seller, http::Query<http::PageQuery> query) {
    auto collection = "mine " + seller.id.text;
    auto before = query->before(collection);
    http::Page<OwnTicket> page;
    page.items = co_await app.db.read(
        [&](sql::Tx& tx) { return store::of_seller(tx, seller.id, before, query->rows()); });
    page.next = http::cut_page(page.items, *query, collection, [](const auto& ticket) { return ticket.id; });
    co_return page;
}

}  // namespace stagedoor::tickets::routes
