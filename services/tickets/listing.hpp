// A listing as it comes in, as it is shown, and as it is told to others.
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

// What may be said about a listing beside its title and price; empty texts count as not said.
struct Details {
    std::optional<json::Text<0, 2000>> description;
    std::optional<json::Text<0, 200>> venue;
    std::optional<json::Text<0, 100>> city;
    std::optional<Category> category;
    std::optional<Instant> starts_at;
    std::optional<json::Text<0, 64>> time_zone;  // IANA, "Europe/Vienna"
    std::optional<json::Text<0, 200>> seats;     // free text about the whole listing
};
BOOST_DESCRIBE_STRUCT(Details, (), (description, venue, city, category, starts_at, time_zone, seats))

struct NewTicket : Details {
    json::Text<1, 200> title;
    Money price;
    json::Whole<1, 1'000'000, 1> quantity;
    json::Whole<1, 1'000, 10> max_per_order;
};
BOOST_DESCRIBE_STRUCT(NewTicket, (Details), (title, price, quantity, max_per_order))

// Replaces title, price and details; the numbers stay as they are when left out.
struct EditedTicket : Details {
    json::Text<1, 200> title;
    Money price;
    std::optional<json::Whole<1, 1'000'000>> quantity;
    std::optional<json::Whole<1, 1'000>> max_per_order;
    std::optional<std::int64_t> version;  // the one that was edited: 409 when there is a newer
};
BOOST_DESCRIBE_STRUCT(EditedTicket, (Details), (title, price, quantity, max_per_order, version))

// The price is above 0 and not over the highest; the time zone exists; a new listing is not of the past.
void check(const NewTicket& ticket, json::Reading& reading);
void check(const EditedTicket& ticket, json::Reading& reading);

// A listing as everybody sees it.
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
};
BOOST_DESCRIBE_STRUCT(Ticket, (),
                      (id, user_id, title, price, quantity, available, max_per_order, status, version,
                       created_at, description, venue, city, category, starts_at, time_zone, seats))

// The same with what only its seller sees.
struct OwnTicket : Ticket {
    std::int64_t held = 0, sold = 0;
    json::Amount earned;  // by what is sold
};
BOOST_DESCRIBE_STRUCT(OwnTicket, (Ticket), (held, sold, earned))

[[nodiscard]] contracts::Listing listing(const Ticket& ticket);

}  // namespace stagedoor::tickets
