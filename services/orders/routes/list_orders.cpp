// GET /api/orders
//
//   200  the buyer's own orders, newest first
//   400  a limit or cursor that isn't one
//   401  not signed in
#include "common/http/cursor.hpp"
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::Page<Order>> list_orders(App& app, http::SignedIn buyer, http::Query<PageOfOrders> query) {
    auto collection = "orders " + buyer.id.text;
    auto before = query->after ? http::Cursor::parse(query->after->value, collection).id : std::string{};
    auto limit = query->limit.value;
    auto rows =
        co_await app.db.read([&](sql::Tx& tx) { return store::of_buyer(tx, buyer.id, before, limit + 1); });
    http::Page<Order> page;
    if (static_cast<std::int64_t>(rows.size()) > limit) {
        rows.resize(static_cast<std::size_t>(limit));
        page.next = http::Cursor{0, rows.back().order.id.text}.to_text(collection);
    }
    for (const auto& stored : rows) page.items.push_back(shown(stored, app.clock.now()));
    co_return page;
}

}  // namespace stagedoor::orders::routes
