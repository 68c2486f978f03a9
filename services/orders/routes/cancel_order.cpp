// DELETE /api/orders/:id
//
// The buyer gives up an order that is not paid for.
//   204  cancelled, now or before; the first time it tells order.cancelled and the tickets are on sale again
//   401  not signed in
//   403  somebody else's
//   404  no such order
//   409  paid, or a payment is under way
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::NoContent> cancel_order(App& app, http::SignedIn buyer, http::Path<OrderId> id,
                                   http::Trace trace) {
    auto cancelled = co_await app.db.write(
        [&](sql::Tx& tx) {
            // Whose it is never changes, so it may be looked up before the guarded write.
            auto stored = store::find(tx, *id);
            if (!stored) throw NotFound("No such order");
            if (stored->order.user_id != buyer.id) throw Forbidden("Only its buyer may cancel an order");
            if (store::cancel(tx, *id, CancelReason::buyer)) return true;
            stored = store::find(tx, *id);
            if (stored->order.status != OrderStatus::cancelled)
                throw Conflict("The order is paid, or a payment is under way");
            return false;
        },
        {.traceparent = trace.parent});
    if (cancelled) app.orders_cancelled.add();
    co_return http::NoContent{};
}

}  // namespace stagedoor::orders::routes
