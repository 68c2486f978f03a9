// GET /api/tickets/sellers/:id
//
//   200  when that user started selling, how many tickets are sold, and their name
//   404  a user without listings
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<store::SellerRecord>> show_seller(App& app, http::Path<UserId> id) {
    auto record = co_await app.db.read([&](sql::Tx& tx) { return store::find_seller(tx, *id); });
    if (!record) throw NotFound("Seller not found"_text);
    co_return http::Ok{*record};
}

}  // namespace stagedoor::tickets::routes
