// Events of tickets about listings, and of orders about their stock.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <optional>
#include <utility>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::contracts {

// A listing as its seller wants it: the data of every ticket.* event. Orders owns what is held and sold.
struct Listing {
    static constexpr std::string_view source = "tickets";
    TicketId id;
    UserId user_id;  // the seller
    std::string title;
    Money price;
    std::int64_t quantity = 0;  // wanted; orders sets capacity = max(quantity, held + sold)
    std::int64_t max_per_order = 0;
    std::optional<std::int64_t> max_per_buyer;  // in all their orders together; none: unlimited
    std::optional<Instant> starts_at;
    std::optional<std::string> venue, city;
    std::optional<std::string> time_zone;  // IANA, "Europe/Vienna"
    std::optional<std::string> seats;
    std::optional<std::string> picture;  // its id, if the seller has uploaded one
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(Listing, (),
                      (id, user_id, title, price, quantity, max_per_order, max_per_buyer, starts_at, venue,
                       city, time_zone, seats, picture, version))

// What buyers count on: when a seller changes it, they are emailed and may return their tickets.
struct Offer {
    std::optional<std::string> title;  // none in what was stored before titles were part of it
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
    bool operator==(const Offer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Offer, (), (title, starts_at, time_zone, venue, city, seats))

[[nodiscard]] inline Offer offer_of(const Listing& listing) {
    return {listing.title, listing.starts_at, listing.time_zone, listing.venue, listing.city, listing.seats};
}

// A seller put tickets on sale.
struct TicketCreated : Listing {
    static constexpr std::string_view subject = "ticket.created";
};
BOOST_DESCRIBE_STRUCT(TicketCreated, (Listing), ())

// The seller changed the listing.
struct TicketUpdated : Listing {
    static constexpr std::string_view subject = "ticket.updated";
};
BOOST_DESCRIBE_STRUCT(TicketUpdated, (Listing), ())

// The seller or an admin withdrew the tickets that are neither held nor sold; `quantity` is 0 from now on.
struct TicketWithdrawn : Listing {
    static constexpr std::string_view subject = "ticket.withdrawn";
};
BOOST_DESCRIBE_STRUCT(TicketWithdrawn, (Listing), ())

// The seller or an admin cancelled the listing: orders that hold it are cancelled, and sales of it are
// refunded.
struct TicketCancelled : Listing {
    static constexpr std::string_view subject = "ticket.cancelled";
};
BOOST_DESCRIBE_STRUCT(TicketCancelled, (Listing), ())

// The capacity of a listing, after its wanted quantity was combined with its holds and sales.
struct StockSet {
    static constexpr std::string_view subject = "stock.set";
    static constexpr std::string_view source = "orders";
    TicketId ticket_id;
    std::int64_t capacity = 0;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return ticket_id.text; }
};
BOOST_DESCRIBE_STRUCT(StockSet, (), (ticket_id, capacity, version))

}  // namespace stagedoor::contracts
