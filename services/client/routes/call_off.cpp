// GET /tickets/:id/cancel
//
// Before a seller calls an event off: what that means, and a button.
//   200  the page; there is no button when it is called off already
//   303  not signed in: to sign in
//   403  somebody else's
//   404  no such listing
//   503  tickets is away
//
// POST /tickets/:id/cancel
//
//   303  called off, now or before: on to the seller's listings; not signed in: to sign in
//   403, 404, 503  as above
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct CallOffView : Card {
    bool over = false;
};
BOOST_DESCRIBE_STRUCT(CallOffView, (Card), (over))

}  // namespace

Task<http::Response> call_off(Visit& visit) {
    auto listing = co_await own_listing(visit);
    CallOffView view{card_of(listing, {}, visit.app.clock.now()), listing.called_off()};
    co_return visit.page(200, "call_off.html", "Call off: " + listing.title, view);
}

Task<http::Response> cancel_listing(Visit& visit) {
    (void)visit.need_user(visit.request.path);
    auto said = co_await visit.send(http::Method::post, "tickets",
                                    api_path("/api/tickets", visit.path_value()) + "/cancel");
    (void)said.or_refuse();
    co_return visit.see_other("/selling?done=cancelled");
}

}  // namespace stagedoor::client::routes
