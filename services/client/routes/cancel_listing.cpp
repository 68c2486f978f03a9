// GET /tickets/:id/cancel
//
// Explains what cancelling an event means before its seller confirms.
//   200  the page; without the button if the event is cancelled already
//   303  not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such listing
//   503  tickets is down
//
// POST /tickets/:id/cancel
//
//   303  cancelled, now or earlier: to the seller's listings; rejected: to the page above
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct CancellationView : Card {
    bool over = false;
};
BOOST_DESCRIBE_STRUCT(CancellationView, (Card), (over))

}  // namespace

Task<http::Response> cancellation(Visit& visit) {
    auto listing = co_await own_listing(visit);
    CancellationView view{card_of(listing, {}, visit.app.clock.now(), visit.text), listing.cancelled()};
    co_return visit.page(http::ok, "cancel_listing.html",
                         visit.text("cancel.title", {{"title", listing.title}}), view);
}

Task<http::Response> cancel_listing(Visit& visit) {
    (void)visit.need_user();
    auto response = co_await visit.send(http::Method::post, "tickets",
                                        api_path("/api/tickets", visit.path_value()) + "/cancel");
    (void)response.or_throw();
    co_return visit.see_other("/selling?done=cancelled");
}

}  // namespace stagedoor::client::routes
