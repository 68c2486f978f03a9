// An order as a request, as rows, as a response and as an event.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/read.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::orders {

// ---- requests

// The price of a ticket that the buyer has seen. A higher one, or another currency, must be confirmed first.
struct SeenPrice {
    std::optional<json::AnyAmount> price;
    std::optional<std::string> currency;

    [[nodiscard]] bool is_confirmed(const Money& actual) const;
};
BOOST_DESCRIBE_STRUCT(SeenPrice, (), (price, currency))
// Requires a supported currency.
void check(const SeenPrice& seen, json::Reading& reading);

// The upper limit of a listing's maxPerOrder: no larger quantity could be held.
constexpr std::int64_t max_quantity = 1'000;
// Bounds the rows that one order locks, and keeps the total far from overflow.
constexpr std::size_t max_items = 20;

struct NewItem : SeenPrice {
    TicketId ticket_id;
    json::Whole<1, max_quantity, 1> quantity;
};
BOOST_DESCRIBE_STRUCT(NewItem, (SeenPrice), (ticket_id, quantity))

// Several items, or a single one at the top level: {"items":[…]} or {"ticketId":…}.
struct NewOrder : SeenPrice {
    std::optional<json::List<NewItem, 1, max_items>> items;
    std::optional<TicketId> ticket_id;
    std::optional<json::Whole<1, max_quantity>> quantity;
    std::optional<std::string> proof;  // of work, where one was required

    [[nodiscard]] std::vector<NewItem> all_items() const;
};
BOOST_DESCRIBE_STRUCT(NewOrder, (SeenPrice), (items, ticket_id, quantity, proof))
// Requires items in exactly one of the two forms, and no ticket twice.
void check(const NewOrder& order, json::Reading& reading);

// A return of the tickets of one listing.
struct NewReturn {
    TicketId ticket_id;
};
BOOST_DESCRIBE_STRUCT(NewReturn, (), (ticket_id))

// ---- rows

struct OrderRow {
    OrderId id;
    UserId user_id;
    OrderStatus status = OrderStatus::created;
    Instant expires_at;  // the end of the lease while a charge is in progress
    Money total;
    std::optional<CancelReason> reason;
    std::optional<PaymentId> payment_id;
    std::int64_t version = 0;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (),
                      (id, user_id, status, expires_at, total, reason, payment_id, version, created_at))

struct ItemRow {
    OrderId order_id;
    TicketId ticket_id;
    UserId seller_id;
    std::string title;
    Money price;
    std::int64_t quantity = 0;
    std::int64_t ticket_version = 0;
    std::optional<Instant> cancelled_at;
    std::optional<CancelReason> reason;
};
BOOST_DESCRIBE_STRUCT(ItemRow, (),
                      (order_id, ticket_id, seller_id, title, price, quantity, ticket_version, cancelled_at,
                       reason))

// The offer that an item was bought under.
struct BoughtOffer {
    TicketId ticket_id;
    contracts::Offer offer;             // as bought; empty in orders from before offers were stored
    std::optional<Instant> changed_at;  // set if the seller has changed it since, and not back
};
BOOST_DESCRIBE_STRUCT(BoughtOffer, (), (ticket_id, offer, changed_at))

// The tickets of one listing in an order.
struct SaleRow {
    OrderId order_id;
    Instant created_at;
    std::int64_t quantity = 0;
    Money unit_price;
    OrderStatus status = OrderStatus::created;
    Instant expires_at;
    std::optional<Instant> cancelled_at;  // when these tickets became void
    std::optional<CancelReason> reason;
};
BOOST_DESCRIBE_STRUCT(SaleRow, (),
                      (order_id, created_at, quantity, unit_price, status, expires_at, cancelled_at, reason))

struct StoredOrder {
    OrderRow order;
    std::vector<ItemRow> items;
    std::vector<BoughtOffer> offers = {};  // one for each item; empty unless they were asked for
};

// ---- responses

// A ticket as it was when it was ordered.
struct OrderedTicket {
    TicketId id;
    std::string title;
    Money price;
    UserId user_id;  // the seller
    std::int64_t version = 0;
    std::optional<Instant> starts_at;
    std::optional<std::string> time_zone, venue, city, seats;
};
BOOST_DESCRIBE_STRUCT(OrderedTicket, (),
                      (id, title, price, user_id, version, starts_at, time_zone, venue, city, seats))

struct OrderItem {
    OrderedTicket ticket;
    std::int64_t quantity = 0;
    std::optional<Instant> cancelled_at;  // since when these tickets are void
    std::optional<CancelReason> reason;   // why they are void
    std::optional<Instant> return_until;  // the seller has changed the offer: they can be returned until then
};
BOOST_DESCRIBE_STRUCT(OrderItem, (), (ticket, quantity, cancelled_at, reason, return_until))

struct OrderView {
    OrderId id;
    OrderStatus status = OrderStatus::created;
    UserId user_id;  // the buyer
    Instant expires_at;
    Money total;
    std::int64_t version = 0;
    Instant created_at;
    std::optional<CancelReason> reason;
    std::optional<PaymentId> payment_id;
    std::vector<OrderItem> items;
    std::optional<OrderedTicket> ticket;  // of the first item, for clients with one ticket per order
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (id, status, user_id, expires_at, total, version, created_at, reason, payment_id, items,
                       ticket))

// An order whose hold has expired by `now` reads as cancelled, even if its row has not been updated yet.
// Date, place and seats are those of `stored.offers`; tickets of a changed offer can be returned for
// `return_time`.
[[nodiscard]] OrderView to_response(const StoredOrder& stored, Instant now,
                                    std::chrono::milliseconds return_time);

// held, paying: not paid yet. cancelled: was never paid. refunded: was paid, then became void.
enum class SaleStatus { held, paying, paid, cancelled, refunded };
constexpr auto wire_names(SaleStatus) {
    return std::array{std::pair{SaleStatus::held, std::string_view{"held"}},
                      std::pair{SaleStatus::paying, std::string_view{"paying"}},
                      std::pair{SaleStatus::paid, std::string_view{"paid"}},
                      std::pair{SaleStatus::cancelled, std::string_view{"cancelled"}},
                      std::pair{SaleStatus::refunded, std::string_view{"refunded"}}};
}

// An order of a listing as its seller sees it, without the buyer.
struct Sale {
    OrderId order_id;
    Instant created_at;
    std::int64_t quantity = 0;
    Money total;  // of these tickets
    SaleStatus status = SaleStatus::held;
    std::optional<CancelReason> reason;  // why they were cancelled or refunded
};
BOOST_DESCRIBE_STRUCT(Sale, (), (order_id, created_at, quantity, total, status, reason))

[[nodiscard]] Sale to_response(const SaleRow& row, Instant now);

// What was ordered on one day, and paid.
struct SoldDay {
    std::string day;  // "2026-11-30"
    std::int64_t tickets = 0;
    Money sold;
};
BOOST_DESCRIBE_STRUCT(SoldDay, (), (day, tickets, sold))

// ---- events

template <class Event>
[[nodiscard]] Event to_event(const StoredOrder& stored) {
    Event event;
    event.id = stored.order.id;
    event.user_id = stored.order.user_id;
    event.status = stored.order.status;
    event.expires_at = stored.order.expires_at;
    event.total = stored.order.total;
    event.reason = stored.order.reason;
    event.payment_id = stored.order.payment_id;
    event.version = stored.order.version;
    for (const auto& item : stored.items) {
        event.items.push_back({item.ticket_id, item.seller_id, item.title, item.price, item.quantity,
                               item.cancelled_at, item.ticket_version, item.reason});
    }
    return event;
}

}  // namespace stagedoor::orders
