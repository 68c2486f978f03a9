// What the services answer, as far as pages show it. Read tolerantly: what isn't named here is passed over.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor::client {

struct Listing {
    TicketId id;
    UserId user_id;  // the seller
    std::string title;
    Money price;
    std::int64_t quantity = 0, available = 0, version = 0;
    std::string status;
    std::optional<std::int64_t> max_per_order;
    std::optional<std::string> description, venue, city, category, time_zone, seats;
    std::optional<Instant> starts_at;

    [[nodiscard]] bool open() const { return status == "open"; }
    [[nodiscard]] std::string zone() const { return time_zone.value_or("UTC"); }
};
BOOST_DESCRIBE_STRUCT(Listing, (),
                      (id, user_id, title, price, quantity, available, version, status, max_per_order,
                       description, venue, city, category, time_zone, seats, starts_at))

// With what only its seller is told.
struct OwnListing : Listing {
    std::optional<std::int64_t> held, sold;
    std::optional<Money> earned;
};
BOOST_DESCRIBE_STRUCT(OwnListing, (Listing), (held, sold, earned))

struct OrderedTicket {
    TicketId id;
    std::string title;
    Money price;  // of one, at the time of the order
};
BOOST_DESCRIBE_STRUCT(OrderedTicket, (), (id, title, price))

struct OrderItem {
    OrderedTicket ticket;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(OrderItem, (), (ticket, quantity))

struct Order {
    OrderId id;
    std::string status;
    Instant expires_at;
    Money total;
    std::vector<OrderItem> items;
    std::optional<Instant> created_at;
    std::optional<std::string> reason;  // why it was cancelled
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, status, expires_at, total, items, created_at, reason))

struct Session {
    SessionId id;
    Instant created_at;
    std::optional<Instant> last_seen_at;
    std::optional<std::string> user_agent;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, created_at, last_seen_at, user_agent, current))

struct Refusal {
    std::string message;
    std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (message, field))

struct Refusals {
    std::vector<Refusal> errors;
};
BOOST_DESCRIBE_STRUCT(Refusals, (), (errors))

}  // namespace stagedoor::client
