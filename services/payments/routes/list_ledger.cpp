// GET /api/payments/ledger
//
//   200  what the seller's sales and refunds brought and cost, newest first
//   400  invalid limit or cursor
//   401  not signed in
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/sales.hpp"

namespace stagedoor::payments::routes {

Task<http::Page<LedgerEntry>> list_ledger(App& app, http::SignedIn seller,
                                          http::Query<http::PageQuery> query) {
    auto collection = "ledger " + seller.id.text;
    std::optional<store::LedgerPlace> before;
    if (query->after) {
        auto cursor = http::Cursor::parse(query->after->value, collection);
        before = store::LedgerPlace{{cursor.key}, cursor.id};
    }
    http::Page<LedgerEntry> page;
    page.items = co_await app.db.read(
        [&](sql::Tx& tx) { return store::ledger_of(tx, seller.id, before, query->rows()); });
    if (std::ssize(page.items) == query->rows()) {
        page.items.pop_back();
        const auto& last = page.items.back();
        page.next = http::Cursor{last.at.milliseconds, last.id}.to_text(collection);
    }
    co_return page;
}

}  // namespace stagedoor::payments::routes
