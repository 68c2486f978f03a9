// GET /api/payments?orderId=
//
//   200  an order's payment attempts, newest first, with their refunds
//   400  no orderId; invalid limit or cursor
//   401  not signed in
//   403  another buyer's order
//   404  no such order
//   503  a new order has not arrived here yet, and the bus is down; or too many requests wait for new orders
#include "common/http/network.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/payments.hpp"

namespace stagedoor::payments::routes {

Task<http::Page<Payment>> list_payments(App& app, http::SignedIn buyer, http::Query<PaymentsQuery> query,
                                        http::Context& context) {
    const auto& order_id = query->order_id;
    auto collection = "payments " + order_id.text;
    auto before = query->before(collection);
    auto may_be_in_flight = app.read_your_writes->may_be_in_flight(order_id.text);
    auto any = [](const store::OrderProjection&) { return true; };
    Caller caller{buyer.id.text, http::network_of(context.request.remote_address)};
    if (may_be_in_flight && !co_await wait_for_order(app, order_id, std::move(caller), any) &&
        !app.bus.is_caught_up())
        throw Unavailable("This order isn't available yet; try again in a moment"_text);

    http::Page<Payment> page;
    co_await app.db.read([&](sql::Tx& tx) {
        auto order = store::find_order(tx, order_id);
        if (!order) throw NotFound("No such order"_text);
        if (order->user_id != buyer.id)
            throw Forbidden("Only the buyer can see the payments of this order"_text);
        auto rows = store::of_order(tx, order_id, before, query->rows());
        page.next = http::cut_page(rows, *query, collection, [](const auto& row) { return row.id; });
        page.items.clear();
        for (const auto& row : rows) page.items.push_back(to_response(row, store::refunds_of(tx, row.id)));
    });
    co_return page;
}

}  // namespace stagedoor::payments::routes
