// A listing as it stands among others, in a row of a table or on a page of its own: its numbers and times in
// words.
#pragma once

#include <optional>
#include <string>

#include "services/client/answers.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {

// When it is, for the stub of the ticket and in full; `iso` for <time datetime>.
struct When {
    std::string weekday, day, month, full, iso;
};
BOOST_DESCRIBE_STRUCT(When, (), (weekday, day, month, full, iso))

struct Card {
    std::string id, title, address;
    std::string price, left;
    std::string category;  // the API's word, which is also the style's; "other" when there is none
    std::optional<std::string> category_name, place;
    std::optional<When> when;
    std::int64_t most = 1;  // that can be bought at once
    bool few = false, own = false, buyable = false;
    bool begun = false;  // nobody buys a ticket for what is under way or over
};
BOOST_DESCRIBE_STRUCT(Card, (),
                      (id, title, address, price, left, category, category_name, place, when, few, own,
                       buyable))

[[nodiscard]] std::optional<When> when_of(const Listing& listing);
// `viewer` is the id of who looks, empty for nobody known; `now` decides whether it has begun.
[[nodiscard]] Card card_of(const Listing& listing, const std::string& viewer, Instant now);
[[nodiscard]] std::string listing_address(const TicketId& id);

}  // namespace stagedoor::client
