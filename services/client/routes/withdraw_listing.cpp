// POST /tickets/:id/withdraw
//
//   303  withdrawn: to the seller's listings; not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such listing
//   503  tickets is down
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> withdraw_listing(Visit& visit) {
    (void)visit.need_user("/selling");
    auto response =
        co_await visit.send(http::Method::delete_, "tickets", api_path("/api/tickets", visit.path_value()));
    (void)response.or_throw();
    co_return visit.see_other("/selling?done=withdrawn");
}

}  // namespace stagedoor::client::routes
