// A listing as pages show it, in lists and on its own page, with prices and times as text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/client/api.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {

// The start of the event: parts for the ticket stub, the full text, and `iso` for <time datetime>.
struct When {
    std::string weekday, day, month, full, iso;
};
BOOST_DESCRIBE_STRUCT(When, (), (weekday, day, month, full, iso))

// The seller's picture, for <picture> (views/picture.html).
struct Picture {
    std::string files;                              // where its files are
    std::int64_t small = 0, width = 0, height = 0;  // `small`: the width of the smaller files
    // How it is shown; in a list at first.
    std::string css_class = "art", sizes = "(max-width: 40rem) 8rem, 18rem";
    bool is_main = false;  // the image of what the page is about
    bool is_lazy = true;   // loaded when it comes into view
};
BOOST_DESCRIBE_STRUCT(Picture, (), (files, small, width, height, css_class, sizes, is_main, is_lazy))

struct Card {
    std::string id, title, address;
    std::string poster;    // its address; shown where there is no picture
    std::int64_t hue = 0;  // of the event, in tens of degrees; a CSS class suffix
    std::string price, left;
    std::string seen_price, seen_currency;   // the price as data, for a form that holds tickets
    std::string availability, event_status;  // schema.org's ItemAvailability and EventStatusType
    std::string category;                    // the API's value, also a CSS class suffix; "other" if none
    std::optional<std::string> category_name, place;
    std::optional<When> when;
    std::optional<Picture> picture;
    std::optional<std::string> offers;  // "3 sellers", if the card stands for several listings of an event
    // Of live updates: when it changes, the page has more to change than `price` and `left`.
    std::string state;
    std::int64_t max = 1;  // per order
    bool few = false, own = false, buyable = false;
    bool started = false;  // the event; its tickets can no longer be bought
};
BOOST_DESCRIBE_STRUCT(Card, (),
                      (id, title, address, poster, hue, price, left, seen_price, seen_currency, availability,
                       event_status, category, category_name, place, when, picture, offers, state, few, own,
                       buyable))

// Without a zone, in UTC.
[[nodiscard]] std::optional<When> when_of(const std::optional<Instant>& starts_at,
                                          const std::optional<std::string>& zone,
                                          Language language = Language::en);
[[nodiscard]] std::optional<std::string> place_of(const std::optional<std::string>& venue,
                                                  const std::optional<std::string>& city);
// `viewer`: user id, empty if not signed in.
[[nodiscard]] Card card_of(const Listing& listing, const std::string& viewer, Instant now,
                           const language::Texts& text);
// Shows its picture on the event's own page, or in the landing page's spotlight.
void show_as_main(Card& card);
void show_in_spotlight(Card& card);
// One card for each event, of the first of its listings with the lowest price of that currency.
[[nodiscard]] std::vector<Card> cards_of(const std::vector<Listing>& listings, const std::string& viewer,
                                         Instant now, const language::Texts& text);
// What the map of the visitor's device is asked for, percent-encoded (RFC 5870); nullopt without a venue.
struct MapLink {
    std::string map_query;
};
BOOST_DESCRIBE_STRUCT(MapLink, (), (map_query))
[[nodiscard]] std::optional<MapLink> map_link(const Listing& listing);

// Where the files of a picture are.
[[nodiscard]] std::string picture_files(std::string_view id);
// What networks show of a link to the listing: JPEG or PNG, since few of them show an SVG.
[[nodiscard]] std::string preview_address(const Listing& listing);

// For search engines: what, when, where, from how much.
[[nodiscard]] std::string event_description(const Card& card, const language::Texts& text);
[[nodiscard]] std::string event_address(std::string_view event);
[[nodiscard]] std::string listing_address(const TicketId& id);

}  // namespace stagedoor::client
