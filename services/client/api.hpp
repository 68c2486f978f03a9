// The parts of the services' API responses that pages show. Unknown members are ignored.
#pragma once

#include <algorithm>
#include <boost/describe.hpp>
#include <iterator>
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
    std::optional<std::int64_t> max_per_order, max_per_buyer;
    std::optional<std::string> description, venue, city, category, time_zone, seats;
    std::optional<Instant> starts_at;

    [[nodiscard]] bool open() const { return status == "open"; }
    [[nodiscard]] bool cancelled() const { return status == "cancelled"; }
    [[nodiscard]] std::string zone() const { return time_zone.value_or("UTC"); }
};
BOOST_DESCRIBE_STRUCT(Listing, (),
                      (id, user_id, title, price, quantity, available, version, status, max_per_order,
                       max_per_buyer, description, venue, city, category, time_zone, seats, starts_at))

// GET /api/tickets/summary
struct SearchSummary {
    std::int64_t count = 0;
    bool more = false;
    std::optional<std::string> searched_for, did_you_mean;
};
BOOST_DESCRIBE_STRUCT(SearchSummary, (), (count, more, searched_for, did_you_mean))

// With the figures that only its seller gets.
struct OwnListing : Listing {
    std::optional<std::int64_t> held, sold;
    std::optional<Money> earned;
};
BOOST_DESCRIBE_STRUCT(OwnListing, (Listing), (held, sold, earned))

// As it was when it was ordered.
struct OrderedTicket {
    TicketId id;
    std::string title;
    Money price;  // per ticket
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
};
BOOST_DESCRIBE_STRUCT(OrderedTicket, (), (id, title, price, starts_at, time_zone, venue, city, seats))

struct OrderItem {
    OrderedTicket ticket;
    std::int64_t quantity = 0;
    std::optional<Instant> cancelled_at;  // set if these tickets are void
    std::optional<std::string> reason;    // why they are void
    std::optional<Instant> return_until;  // set if the seller has changed the event, and they can be returned

    [[nodiscard]] bool returned() const { return cancelled_at && reason == "buyer"; }
};
BOOST_DESCRIBE_STRUCT(OrderItem, (), (ticket, quantity, cancelled_at, reason, return_until))

struct Order {
    OrderId id;
    std::string status;
    Instant expires_at;
    Money total;
    std::vector<OrderItem> items;
    std::optional<Instant> created_at;
    std::optional<std::string> reason;  // why it was cancelled

    [[nodiscard]] std::int64_t void_items() const {
        return std::ranges::count_if(items, [](const auto& item) { return item.cancelled_at.has_value(); });
    }
    [[nodiscard]] bool all_void() const { return void_items() == std::ssize(items); }
    [[nodiscard]] bool any_returned() const { return std::ranges::any_of(items, &OrderItem::returned); }
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, status, expires_at, total, items, created_at, reason))

struct Refund {
    Money amount;
    std::string reason;
    std::optional<Instant> done_at;  // nullopt while pending
};
BOOST_DESCRIBE_STRUCT(Refund, (), (amount, reason, done_at))

// One attempt to pay for an order.
struct Payment {
    std::string status;
    Money amount;
    std::optional<std::string> reason;  // why it failed
    Instant created_at;
    std::vector<Refund> refunds;

    [[nodiscard]] bool in_progress() const { return status == "started" || status == "charging"; }
    [[nodiscard]] bool succeeded() const { return status == "succeeded"; }
};
BOOST_DESCRIBE_STRUCT(Payment, (), (status, amount, reason, created_at, refunds))

// The payment provider.
struct Provider {
    std::string name;
    std::optional<std::string> publishable_key;
};
BOOST_DESCRIBE_STRUCT(Provider, (), (name, publishable_key))

// A seller's earnings in one currency.
struct Balance {
    Money sold, fees, refunded, balance;
};
BOOST_DESCRIBE_STRUCT(Balance, (), (sold, fees, refunded, balance))

// GET /api/users/currentuser
struct PresentUser {
    std::string email;
    bool confirmed = false;
};
BOOST_DESCRIBE_STRUCT(PresentUser, (), (email, confirmed))
struct CurrentUser {
    std::optional<PresentUser> current_user;
};
BOOST_DESCRIBE_STRUCT(CurrentUser, (), (current_user))

struct Session {
    SessionId id;
    Instant created_at;
    std::optional<Instant> last_seen_at;
    std::optional<std::string> user_agent;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, created_at, last_seen_at, user_agent, current))

// An error response.
struct ErrorEntry {
    std::string message;
    std::optional<std::string> field;
};
BOOST_DESCRIBE_STRUCT(ErrorEntry, (), (message, field))
struct ErrorBody {
    std::vector<ErrorEntry> errors;
};
BOOST_DESCRIBE_STRUCT(ErrorBody, (), (errors))

}  // namespace stagedoor::client
