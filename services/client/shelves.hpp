// The rows of events above the list on the landing page, and the cities with the most listings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/client/cards.hpp"
#include "services/client/visit.hpp"

namespace stagedoor::client {

struct Shelf {
    std::string heading, id, all;  // `all`: address of the search for all of them
    std::vector<Card> shelf_cards;
};
BOOST_DESCRIBE_STRUCT(Shelf, (), (heading, id, all, shelf_cards))

struct CityLink {
    std::string name, link;
};
BOOST_DESCRIBE_STRUCT(CityLink, (), (name, link))

// The first and the last day of a span, as the API's filters `from` and `to`: "2026-05-01".
struct Days {
    std::string from, to;
};
[[nodiscard]] Days tonight(Instant now, std::string_view time_zone);
// Friday to Sunday: what is left of this weekend, or the next one.
[[nodiscard]] Days weekend(Instant now, std::string_view time_zone);

// Tonight, this weekend, and the cheapest; without those that are empty.
[[nodiscard]] Task<std::vector<Shelf>> shelves(Visit& visit);
// If a search shows all that is on a shelf, the shelf's heading.
[[nodiscard]] std::optional<std::string> shelf_heading(const Visit& visit, const Form& query);
[[nodiscard]] Task<std::vector<CityLink>> popular_cities(Visit& visit);

}  // namespace stagedoor::client
