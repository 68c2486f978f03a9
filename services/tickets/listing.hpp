// A listing in requests, in responses and as an event.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "common/json/read.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::tickets {

enum class Category { concert, theatre, comedy, sport, festival, family, film, other };
constexpr auto wire_names(Category) {
    return std::array{std::pair{Category::concert, std::string_view{"concert"}},
                      std::pair{Category::theatre, std::string_view{"theatre"}},
                      std::pair{Category::comedy, std::string_view{"comedy"}},
                      std::pair{Category::sport, std::string_view{"sport"}},
                      std::pair{Category::festival, std::string_view{"festival"}},
                      std::pair{Category::family, std::string_view{"family"}},
                      std::pair{Category::film, std::string_view{"film"}},
                      std::pair{Category::other, std::string_view{"other"}}};
}

enum class TicketStatus { open, withdrawn, cancelled };
constexpr auto wire_names(TicketStatus) {
    return std::array{std::pair{TicketStatus::open, std::string_view{"open"}},
                      std::pair{TicketStatus::withdrawn, std::string_view{"withdrawn"}},
                      std::pair{TicketStatus::cancelled, std::string_view{"cancelled"}}};
}

// Optional details of a listing; an empty text counts as absent.
struct Details {
    std::optional<json::Text<0, 2000>> description;
    std::optional<json::Text<0, 200>> venue;
    std::optional<json::Text<0, 100>> city;
    std::optional<Category> category;
    std::optional<Instant> starts_at;
    std::optional<json::Text<0, 64>> time_zone;  // IANA name, e.g. "Europe/Vienna"
    std::optional<json::Text<0, 200>> seats;     // free text about the whole listing
    std::optional<json::Whole<1, 1'000>> max_per_buyer;
    std::optional<json::Text<0, 64>> picture;  // the id of an upload by the seller
};
BOOST_DESCRIBE_STRUCT(Details, (),
                      (description, venue, city, category, starts_at, time_zone, seats, max_per_buyer,
                       picture))

struct NewTicket : Details {
    json::Text<1, 200> title;
    Money price;
    json::Whole<1, 1'000'000, 1> quantity;
    json::Whole<1, 1'000, 10> max_per_order;
};
BOOST_DESCRIBE_STRUCT(NewTicket, (Details), (title, price, quantity, max_per_order))

// Replaces title, price and details; quantity and max_per_order keep their values if absent.
struct EditedTicket : Details {
    json::Text<1, 200> title;
    Money price;
    std::optional<json::Whole<1, 1'000'000>> quantity;
    std::optional<json::Whole<1, 1'000>> max_per_order;
    std::optional<std::int64_t> version;  // the version being edited; 409 if there is a newer one
};
BOOST_DESCRIBE_STRUCT(EditedTicket, (Details), (title, price, quantity, max_per_order, version))

// A price that tickets can have, an existing time zone, and for a new listing a start in the future. An edit
// may keep the price of a listing from before its currency had a minimum: store::update() decides.
void check(const NewTicket& ticket, json::Reading& reading);
void check(const EditedTicket& ticket, json::Reading& reading);

// The public view of a listing.
struct Ticket {
    TicketId id;
    UserId user_id;  // the seller
    std::string title;
    Money price;
    std::int64_t quantity = 0;   // what the seller wants to sell
    std::int64_t available = 0;  // what can be bought now
    std::int64_t max_per_order = 0;
    TicketStatus status = TicketStatus::open;
    std::int64_t version = 0;
    Instant created_at;
    std::optional<std::string> description, venue, city;
    std::optional<Category> category;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, seats;
    std::optional<std::int64_t> max_per_buyer;  // in all their orders together
    std::optional<std::string> event;  // the same for all listings of the event, if it has a date and a venue
    std::optional<std::string> picture;
    std::optional<std::int64_t> picture_width, picture_height;  // of its largest files
};
BOOST_DESCRIBE_STRUCT(Ticket, (),
                      (id, user_id, title, price, quantity, available, max_per_order, status, version,
                       created_at, description, venue, city, category, starts_at, time_zone, seats,
                       max_per_buyer, event, picture, picture_width, picture_height))

// The seller's view of their own listing.
struct OwnTicket : Ticket {
    std::int64_t held = 0, sold = 0;
    json::Amount earned;  // from the tickets sold
};
BOOST_DESCRIBE_STRUCT(OwnTicket, (Ticket), (held, sold, earned))

[[nodiscard]] contracts::Listing to_event(const Ticket& ticket);

}  // namespace stagedoor::tickets
