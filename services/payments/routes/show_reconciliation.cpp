// GET /admin/payments/reconciliation?since=
//
// Compares our payments, the ledger and the provider's books; by default, the charges of the last week.
//   200  what was compared, and every difference
//   400  `since` is not a time
//   503  the provider is unavailable
#include "services/payments/routes/routes.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<Reconciliation>> show_reconciliation(App& app, http::Query<ReconciliationQuery> query) {
    auto since = query->since.value_or(app.clock.now() - std::chrono::days{7});
    try {
        co_return http::Ok{co_await reconcile(app, since)};
    } catch (const OutcomeUnknown& error) {
        // For operators.
        throw Unavailable(
            Message::as_is(std::string{"The payment provider is unavailable: "} + error.what()));
    }
}

}  // namespace stagedoor::payments::routes
