// POST /api/orders/:id/return
//
// Returns the tickets of one listing, because its seller has changed what the buyer bought.
//   200  the order; these tickets are void, on sale again and will be refunded; repeating it changes nothing.
//        Publishes order.voided
//   400  no ticketId
//   401  not signed in
//   403  another buyer's order
//   404  no such order, or none of these tickets in it
//   409  the order is not paid; the event is as it was; the time to return them is over; the doors are
//        open
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"

namespace stagedoor::orders::routes {

Task<http::Ok<OrderView>> return_tickets(App& app, http::SignedIn buyer, http::Path<OrderId> id,
                                         http::Body<NewReturn> request, http::Trace trace) {
    auto return_time = app.settings.return_time();
    auto stored = co_await app.db.write(
        [&](sql::Tx& tx) {
            // The owner never changes, so reading it before the guarded write is safe.
            auto order = store::find(tx, *id);
            if (!order) throw NotFound("No such order"_text);
            if (order->order.user_id != buyer.id)
                throw Forbidden("Only the buyer can return these tickets"_text);
            store::return_tickets(tx, *id, request->ticket_id, return_time);
            return store::find_with_offers(tx, *id).value();
        },
        {.traceparent = trace.parent, .hot_rows = {store::hot_row(request->ticket_id)}});
    co_return http::Ok{to_response(stored, app.clock.now(), return_time)};
}

}  // namespace stagedoor::orders::routes
