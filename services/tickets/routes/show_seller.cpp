// GET /api/tickets/sellers/:id
//
//   200  since when that user sells tickets, how many are sold, and the name that they chose
//   404  a user without listings
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<store::SellerRecord>> show_seller(App& app, http::Path<UserId> id) {
    auto record = co_await app.db.read([&](sql::Tx& tx) { return store::find_seller(tx, *id); });
    if (!record) throw NotFound("Seller not found"_text);
    co_return http::Ok{*record};
}

}  // namespace stagedoor::tickets::routes
