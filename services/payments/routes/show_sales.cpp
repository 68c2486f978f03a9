// GET /api/payments/sales?days=&timeZone=
//
//   200  the seller's days with sales or refunds, oldest first, one for each currency
//   400  days outside 1 to 366, unknown time zone
//   401  not signed in
#include "common/time_zones/time_zones.hpp"
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/sales.hpp"

namespace stagedoor::payments::routes {

void check(const SalesQuery& query, json::Reading& reading) {
    if (query.time_zone && !query.time_zone->value.empty() && !time_zones::find(query.time_zone->value))
        reading.add_error_at("timeZone", "Unknown time zone. Use an IANA name such as Europe/Vienna"_text);
}

Task<http::Ok<std::vector<SalesDay>>> show_sales(App& app, http::SignedIn seller,
                                                 http::Query<SalesQuery> query) {
    auto zone = query->time_zone && !query->time_zone->value.empty() ? query->time_zone->value : "UTC";
    co_return http::Ok{co_await app.db.read(
        [&](sql::Tx& tx) { return store::sales_of(tx, seller.id, app.clock.now(), query->days, zone); })};
}

}  // namespace stagedoor::payments::routes
