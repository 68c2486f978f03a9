// GET /sitemap.xml
//
// https://www.sitemaps.org/protocol.html
//   200  the landing page, categories, cities, and the newest listings; for several of one event, its page
//   503  tickets is down
#include <map>

#include "common/templates/templates.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/shelves.hpp"

namespace stagedoor::client::routes {

Task<http::Response> sitemap(Visit& visit) {
    std::vector<std::string> pages{"/", "/help", "/fees", "/terms", "/privacy"};
    for (auto word : categories()) pages.push_back("/categories/" + std::string{word});
    for (const auto& city : co_await popular_cities(visit)) pages.push_back(city.link);
    std::map<std::string, std::size_t> pages_of_events;
    constexpr int max_requests = 10;  // a thousand listings
    std::string target = "/api/tickets?sort=new&limit=100";
    for (int i = 0; i < max_requests; ++i) {
        auto response = co_await visit.get("tickets", target);
        for (const auto& listing : response.as<std::vector<Listing>>()) {
            auto [event, is_new] =
                pages_of_events.try_emplace(listing.event.value_or(listing.id.text), pages.size());
            if (is_new)
                pages.push_back(listing_address(listing.id));
            else
                pages[event->second] = event_address(event->first);  // of several listings
        }
        auto after = response.next();
        if (!after) break;
        target = "/api/tickets?sort=new&limit=100&after=" + http::percent_encode(*after);
    }
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.headers.add("Content-Type", "application/xml; charset=utf-8");
    response.headers.add("Cache-Control", "public, max-age=3600");
    response.body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset "
        "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
    for (const auto& page : pages)
        response.body += "<url><loc>" + templates::escape_xml(visit.app.origin + page) + "</loc></url>\n";
    response.body += "</urlset>\n";
    co_return response;
}

}  // namespace stagedoor::client::routes
