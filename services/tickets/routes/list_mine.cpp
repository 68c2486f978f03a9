// GET /api/tickets/mine
//
//   200  the seller's own listings, newest first, with what is held, sold and earned
//   400  a limit or cursor that isn't one
//   401  not signed in
#include "common/http/cursor.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::routes {

Task<http::Page<OwnTicket>> list_mine(App& app, http::SignedIn seller, http::Query<PageOfMine> query) {
    auto collection = "mine " + seller.id.text;
    auto before = query->after ? http::Cursor::parse(query->after->value, collection).id : std::string{};
    auto limit = query->limit.value;
    auto tickets =
        co_await app.db.read([&](sql::Tx& tx) { return store::of_seller(tx, seller.id, before, limit + 1); });
    http::Page<OwnTicket> page{std::move(tickets), std::nullopt};
    if (static_cast<std::int64_t>(page.items.size()) > limit) {
        page.items.resize(static_cast<std::size_t>(limit));
        page.next = http::Cursor{0, page.items.back().id.text}.to_text(collection);
    }
    co_return page;
}

}  // namespace stagedoor::tickets::routes
