// GET /events/:event
//
//   200  an event, with the listings of all its sellers
//   404  nothing on sale for such an event: held tickets may come back
//   503  tickets is down
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "common/http/negotiation.hpp"
#include "common/http/status.hpp"
#include "services/client/cards.hpp"
#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/search.hpp"

namespace stagedoor::client::routes {
namespace {

struct Offer {
    Card offer;
    std::optional<std::string> seller_name, seats;
};
BOOST_DESCRIBE_STRUCT(Offer, (), (offer, seller_name, seats))

struct EventView {
    std::string offers_heading;
    Card card;
    std::optional<MapLink> map;
    std::vector<Offer> offers_on_sale;
};
BOOST_DESCRIBE_STRUCT(EventView, (), (offers_heading, card, map, offers_on_sale))

// Of those sellers who have one, by their ids; the page works without.
Task<std::map<UserId, std::string>> names_of_sellers(Visit& visit, const std::vector<Listing>& listings) {
    std::set<std::string> sellers;
    for (const auto& listing : listings) sellers.insert(listing.user_id.text);
    std::string target = "/api/tickets/sellers";
    append_parameter(target, "ids", fmt::format("{}", fmt::join(sellers, ",")));
    auto response = co_await visit.try_get("tickets", std::move(target));
    std::map<UserId, std::string> names;
    if (!response) co_return names;
    for (auto& each : response->as<std::vector<NamedSeller>>())
        names.emplace(std::move(each.id), std::move(each.name));
    co_return names;
}

}  // namespace

std::string address_of_event(const http::Context& context, const Form&) {
    return event_address(context.path_values.at(0));
}

Task<http::Response> event(Visit& visit) {
    std::string target = "/api/tickets?sort=price&limit=100";
    append_parameter(target, "event", visit.path_value());
    auto listings = (co_await visit.get("tickets", target)).as<std::vector<Listing>>();
    if (listings.empty()) {
        if (http::prefers_json(visit.request.headers)) throw NotFound();
        ErrorView gone{visit.text("event.gone"), visit.text("event.gone_text"), {}, true};
        co_return error_page(visit, http::status_of(ErrorKind::not_found), std::move(gone));
    }
    auto has_several = listings.size() > 1;
    auto now = visit.app.clock.now();
    auto card = card_of(listings.front(), visit.viewer(), now, visit.text);
    show_as_main(card);
    EventView view{.offers_heading = visit.text(has_several ? "event.offers" : "items.tickets"),
                   .card = std::move(card),
                   .map = map_link(listings.front())};
    auto names = co_await names_of_sellers(visit, listings);
    for (const auto& listing : listings) {
        auto name = names.find(listing.user_id);
        view.offers_on_sale.push_back({card_of(listing, visit.viewer(), now, visit.text),
                                       name == names.end() ? std::nullopt : std::optional{name->second},
                                       listing.seats});
    }
    // The only listing's page says the same.
    auto address = has_several ? event_address(visit.path_value()) : listing_address(listings.front().id);
    visit.describe(
        {event_description(view.card, visit.text), std::move(address), preview_address(listings.front())});
    co_return visit.page(http::ok, "event.html", view.card.title, view);
}

}  // namespace stagedoor::client::routes
