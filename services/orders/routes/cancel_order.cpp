// DELETE /api/orders/:id
//
// Cancels the buyer's own unpaid order.
//   204  cancelled; repeating it changes nothing. Releases the tickets and publishes order.cancelled
//   401  not signed in
//   403  another buyer's order
//   404  no such order
//   409  paid, or a payment is in progress
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::NoContent> cancel_order(App& app, http::SignedIn buyer, http::Path<OrderId> id,
                                   http::Trace trace) {
    auto cancelled = co_await app.db.write(
        [&](sql::Tx& tx) {
            // The owner never changes, so reading it before the guarded write is safe.
            auto stored = store::find(tx, *id);
            if (!stored) throw NotFound("No such order"_text);
            if (stored->order.user_id != buyer.id)
                throw Forbidden("Only the buyer can cancel this order"_text);
            if (store::cancel(tx, *id, CancelReason::buyer)) return true;
            stored = store::find(tx, *id);
            if (stored->order.status != OrderStatus::cancelled)
                throw Conflict("The order is already paid, or a payment is in progress"_text);
            return false;
        },
        {.traceparent = trace.parent});
    if (cancelled) app.orders_cancelled.add();
    co_return http::NoContent{};
}

}  // namespace stagedoor::orders::routes
