// POST /api/orders
//
// A signed-in buyer takes tickets from one or several sellers and gets a while to pay for them.
//   201  the order, `created`; tells order.created
//   400  no items, too many, a ticket twice, a quantity below 1, or two currencies
//   401  not signed in
//   403  one of the tickets is the buyer's own
//   404  no such ticket
//   409  too few left, withdrawn, past, over maxPerOrder: names every ticket that fell short; or too many unpaid orders;
//        nothing is held
//   503  a ticket so new that orders has not heard of it, and the bus is down
#include "common/idempotency/idempotent.hpp"
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::routes {
namespace {

// A ticket that was listed a moment ago may still be on its way here.
Task<> wait_for_new_tickets(App& app, const std::vector<NewItem>& items) {
    for (const auto& item : items) {
        if (!app.read_your_writes->may_be_in_flight(item.ticket_id.text)) continue;
        auto known = [&app, &item]() -> Task<bool> {
            return app.db.read(
                [&item](sql::Tx& tx) { return store::find_ticket(tx, item.ticket_id).has_value(); });
        };
        if (co_await app.read_your_writes->wait_until_known(item.ticket_id.text, known)) continue;
        if (!app.bus.is_caught_up())
            throw Unavailable("New tickets are not known here yet; try again in a moment");
        throw NotFound("There is no ticket " + item.ticket_id.text);
    }
}

}  // namespace

Task<http::Created<Order>> create_order(App& app, http::SignedIn buyer, http::Body<NewOrder> request) {
    auto items = request->all();
    co_await wait_for_new_tickets(app, items);
    auto now = app.clock.now();
    auto id = OrderId{runtime::new_uuid(app.random, now)};
    auto limits =
        store::Limits{app.settings.time_to_pay(), app.settings.rate_limits ? app.settings.unpaid_orders : 0};
    try {
        auto order = co_await idempotent(
            app.db, request.key,
            [&](sql::Tx& tx) { return shown(store::place(tx, id, buyer.id, items, limits), tx.now()); },
            store::hot_rows(buyer.id, items, limits));
        app.orders_placed.add();
        co_return http::Created{std::move(order)};
    } catch (const Conflict&) {
        app.orders_refused.add();
        throw;
    }
}

}  // namespace stagedoor::orders::routes
