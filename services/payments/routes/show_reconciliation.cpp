// GET /admin/payments/reconciliation?since=
//
// Holds our books against the provider's, and the ledger against both; the charges of the last week when no time is
// given.
//   200  what was compared, and every difference
//   400  since is no time
//   503  the provider does not answer
#include "services/payments/routes/routes.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<Reconciliation>> show_reconciliation(App& app, http::Query<ReconciliationQuery> query) {
    auto since = query->since.value_or(app.clock.now() - std::chrono::days{7});
    try {
        co_return http::Ok{co_await reconcile(app, since)};
    } catch (const ProviderSilent& error) {
        throw Unavailable(std::string{"The provider does not show its books: "} + error.what());
    }
}

}  // namespace stagedoor::payments::routes
