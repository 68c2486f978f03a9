// GET /api/payments/sales?days=&timeZone=
//
//   200  the seller's days with sales or refunds, oldest first, one for each currency
//   400  days outside 1 to 366, unknown time zone
//   401  not signed in
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/sales.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<std::vector<SalesDay>>> show_sales(App& app, http::SignedIn seller,
                                                 http::Query<http::DaysQuery> query) {
    auto days = query->until(app.clock.now());
    co_return http::Ok{
        co_await app.db.read([&](sql::Tx& tx) { return store::sales_of(tx, seller.id, days); })};
}

}  // namespace stagedoor::payments::routes
