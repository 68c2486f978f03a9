// GET /api/orders/:id
//
//   200  the order; `cancelled` if its hold has expired
//   401  not signed in
//   403  another buyer's order
//   404  no such order
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::Ok<OrderView>> show_order(App& app, http::SignedIn buyer, http::Path<OrderId> id) {
    auto stored = co_await app.db.read([&](sql::Tx& tx) { return store::find_with_offers(tx, *id); });
    if (!stored) throw NotFound("No such order"_text);
    if (stored->order.user_id != buyer.id) throw Forbidden("Only the buyer can see this order"_text);
    co_return http::Ok{to_response(*stored, app.clock.now(), app.settings.return_time())};
}

}  // namespace stagedoor::orders::routes
