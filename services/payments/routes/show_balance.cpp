// GET /api/payments/balance
//
//   200  the calling seller's earnings, per currency
//   401  not signed in
#include "services/payments/routes/routes.hpp"
#include "services/payments/store/ledger.hpp"

namespace stagedoor::payments::routes {

Task<http::Ok<std::vector<Balance>>> show_balance(App& app, http::SignedIn seller) {
    co_return http::Ok{co_await app.db.read([&](sql::Tx& tx) { return store::balance_of(tx, seller.id); })};
}

}  // namespace stagedoor::payments::routes
