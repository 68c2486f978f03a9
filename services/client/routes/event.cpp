// GET /events/:event
//
//   200  an event, with the listings of all its sellers
//   404  nothing on sale for such an event
//   503  tickets is down
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/search.hpp"

namespace stagedoor::client::routes {
namespace {

struct Offer {
    Card offer;
    std::optional<std::string> seats;
};
BOOST_DESCRIBE_STRUCT(Offer, (), (offer, seats))

struct EventView {
    Card card;
    std::optional<MapLink> map;
    std::vector<Offer> offers_on_sale;
};
BOOST_DESCRIBE_STRUCT(EventView, (), (card, map, offers_on_sale))

}  // namespace

std::string address_of_event(const http::Context& context, const Form&) {
    return event_address(context.path_values.at(0));
}

Task<http::Response> event(Visit& visit) {
    std::string target = "/api/tickets?sort=price&limit=100";
    append_parameter(target, "event", visit.path_value());
    auto listings = (co_await visit.get("tickets", target)).as<std::vector<Listing>>();
    if (listings.empty()) throw NotFound();
    auto now = visit.app.clock.now();
    EventView view{.card = card_of(listings.front(), visit.viewer(), now, visit.text),
                   .map = map_link(listings.front())};
    for (const auto& listing : listings)
        view.offers_on_sale.push_back({card_of(listing, visit.viewer(), now, visit.text), listing.seats});
    visit.describe(
        {event_description(view.card, visit.text), event_address(visit.path_value()), view.card.poster});
    co_return visit.page(http::ok, "event.html", view.card.title, view);
}

}  // namespace stagedoor::client::routes
