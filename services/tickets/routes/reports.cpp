// GET /admin/reports
//
//   200  the reported listings, those with the most reports first, at most 100
//
// GET /admin/reports/:id
//
//   200  the reports about a listing, oldest first, at most 100
//
// DELETE /admin/reports/:id
//
//   204  dismissed
//   404  there are none about this listing
#include "common/service/audit_routes.hpp"
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {
namespace {

constexpr std::int64_t max_rows = 100;

}  // namespace

Task<http::Ok<std::vector<store::ReportedListing>>> list_reported(App& app) {
    co_return http::Ok{
        co_await app.db.read([](sql::Tx& tx) { return store::reported_listings(tx, max_rows); })};
}

Task<http::Ok<std::vector<store::Report>>> show_reports(App& app, http::Path<TicketId> id) {
    co_return http::Ok{
        co_await app.db.read([&](sql::Tx& tx) { return store::reports_about(tx, *id, max_rows); })};
}

Task<http::NoContent> dismiss_reports(App& app, http::Path<TicketId> id, http::Context& context) {
    auto entry = app.audit.entry(operator_of(context.request), "dismiss-reports", "ticket " + id->text);
    co_await app.db.write([&](sql::Tx& tx) {
        if (store::dismiss_reports(tx, *id) == 0)
            throw NotFound("There are no reports about this listing"_text);
        app.audit.record(tx, entry);
    });
    co_return http::NoContent{};
}

}  // namespace stagedoor::tickets::routes
