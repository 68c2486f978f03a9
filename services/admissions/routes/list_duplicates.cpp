// GET /api/admissions/listings/:ticketId/duplicates
//
//   200  admissions by lenient doors that should not have been, newest first
//   400  invalid limit or cursor
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/scans.hpp"

namespace stagedoor::admissions::routes {
namespace {

Duplicate to_response(const store::DuplicateRow& row) {
    Duplicate duplicate{.serial = row.serial,
                        .generation = row.generation,
                        .first = {},
                        .second = {row.second_door, row.second_at}};
    if (row.first_door) duplicate.first = Place{*row.first_door, row.first_at.value()};
    return duplicate;
}

}  // namespace

Task<http::Page<Duplicate>> list_duplicates(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                            http::Query<http::PageQuery> query) {
    auto collection = "duplicates " + ticket->text;
    auto before = query->before(collection);
    auto rows = co_await app.db.read([&](sql::Tx& tx) {
        (void)require_seller(tx, *ticket, seller);
        return store::duplicates(tx, *ticket, before, query->rows());
    });
    http::Page<Duplicate> page;
    page.next = http::cut_page(rows, *query, collection, [](const auto& row) { return row.id; });
    for (const auto& row : rows) page.items.push_back(to_response(row));
    co_return page;
}

}  // namespace stagedoor::admissions::routes
