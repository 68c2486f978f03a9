// GET /api/orders/sales?ticketId=
//
//   200  the orders of a listing as its seller sees them, newest first, without their buyers
//   400  no ticketId; invalid limit or cursor
//   401  not signed in
//   403  another seller's listing, unless the caller is an admin
//   404  no such listing
//
// GET /api/orders/sales/days?ticketId=&days=&timeZone=
//
//   200  per day, how many of its tickets were ordered and paid for, and for how much; oldest day first
//   400  no ticketId, days outside 1 to 366, unknown time zone
//   401, 403, 404  as above
#include "services/orders/routes/routes.hpp"
#include "services/orders/store/sales.hpp"

namespace stagedoor::orders::routes {
namespace {

void require_seller(sql::Tx& tx, const TicketId& ticket, const http::SignedIn& user) {
    auto seller = store::seller_of(tx, ticket);
    if (!seller) throw NotFound("No such ticket"_text);
    if (*seller != user.id && !user.claims.has_role("admin"))
        throw Forbidden("Only the seller can do this"_text);
}

}  // namespace

Task<http::Page<Sale>> list_sales(App& app, http::SignedIn seller, http::Query<SalesQuery> query) {
    const auto& ticket = query->ticket_id;
    auto collection = "sales " + ticket.text;
    auto before = query->before(collection);
    auto rows = co_await app.db.read([&](sql::Tx& tx) {
        require_seller(tx, ticket, seller);
        return store::sales_of(tx, ticket, before, query->rows());
    });
    http::Page<Sale> page;
    page.next = http::cut_page(rows, *query, collection, [](const auto& row) { return row.order_id; });
    for (const auto& row : rows) page.items.push_back(to_response(row, app.clock.now()));
    co_return page;
}

Task<http::Ok<std::vector<SoldDay>>> list_sold_days(App& app, http::SignedIn seller,
                                                    http::Query<SoldDaysQuery> query) {
    co_return http::Ok{co_await app.db.read([&](sql::Tx& tx) {
        require_seller(tx, query->ticket_id, seller);
        return store::sold_by_day(tx, query->ticket_id, query->until(app.clock.now()));
    })};
}

}  // namespace stagedoor::orders::routes
