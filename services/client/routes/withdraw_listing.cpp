// POST /tickets/:id/withdraw
//
//   303  withdrawn: on to the seller's listings; not signed in: to sign in
//   403  somebody else's
//   404  no such listing
//   503  tickets is away
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> withdraw_listing(Visit& visit) {
    (void)visit.need_user("/selling");
    auto said =
        co_await visit.send(http::Method::delete_, "tickets", api_path("/api/tickets", visit.path_value()));
    (void)said.or_refuse();
    co_return visit.see_other("/selling?done=withdrawn");
}

}  // namespace stagedoor::client::routes
