// POST /tickets/:id/withdraw
//
//   303  withdrawn, or rejected: to the seller's listings, which say so
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> withdraw_listing(Visit& visit) {
    visit.form_page = "/selling";
    (void)visit.need_user();
    auto response =
        co_await visit.send(http::Method::delete_, "tickets", api_path("/api/tickets", visit.path_value()));
    (void)response.or_throw();
    co_return visit.see_other("/selling?done=withdrawn");
}

}  // namespace stagedoor::client::routes
