// GET /api/orders
//
//   200  the buyer's own orders, newest first
//   400  invalid limit or cursor
//   401  not signed in
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::Page<OrderView>> list_orders(App& app, http::SignedIn buyer, http::Query<http::PageQuery> query) {
    auto collection = "orders " + buyer.id.text;
    auto before = query->before(collection);
    auto rows = co_await app.db.read(
        [&](sql::Tx& tx) { return store::orders_of_buyer(tx, buyer.id, before, query->rows()); });
    http::Page<OrderView> page;
    page.next = http::cut_page(rows, *query, collection, [](const auto& stored) { return stored.order.id; });
    for (const auto& stored : rows)
        page.items.push_back(to_response(stored, app.clock.now(), app.settings.return_time()));
    co_return page;
}

}  // namespace stagedoor::orders::routes
