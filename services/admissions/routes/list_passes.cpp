// GET /api/admissions/passes
//
//   200  the passes that the user holds now, newest first; with `orderId` those of that order
//   400  invalid limit or cursor
//   401  not signed in
#include "common/http/network.hpp"
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/passes.hpp"

namespace stagedoor::admissions::routes {
namespace {

// An order that was paid a moment ago: its event may still be in flight.
Task<> wait_for_new_passes(App& app, const OrderId& order, messaging::ReadYourWrites::Caller caller) {
    if (!app.read_your_writes->may_be_in_flight(order.text)) co_return;
    auto known = [&app, &order]() -> Task<bool> {
        return app.db.read([&order](sql::Tx& tx) { return store::has_passes(tx, order); });
    };
    (void)co_await app.read_your_writes->wait_until_known(order.text, std::move(caller), known);
}

}  // namespace

Task<http::Page<Pass>> list_passes(App& app, http::SignedIn holder, http::Query<PassesQuery> query,
                                   http::Context& context) {
    auto collection = "passes " + holder.id.text + (query->order_id ? " " + query->order_id->text : "");
    auto before = query->before(collection);
    if (query->order_id) {
        co_await wait_for_new_passes(app, *query->order_id,
                                     {holder.id.text, http::network_of(context.request.remote_address)});
    }
    auto rows = co_await app.db.read([&](sql::Tx& tx) {
        return store::passes_of_holder(tx, holder.id, query->order_id, before, query->rows());
    });
    http::Page<Pass> page;
    page.next = http::cut_page(rows, *query, collection, [](const auto& row) { return row.id; });
    for (const auto& row : rows) page.items.push_back(to_response(row));
    co_return page;
}

}  // namespace stagedoor::admissions::routes
