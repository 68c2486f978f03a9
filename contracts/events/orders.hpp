// Events of orders.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"
#include "contracts/instant.hpp"
#include "contracts/money.hpp"

namespace stagedoor {

enum class OrderStatus { created, awaiting_payment, complete, cancelled };
constexpr auto wire_names(OrderStatus) {
    return std::array{std::pair{OrderStatus::created, std::string_view{"created"}},
                      std::pair{OrderStatus::awaiting_payment, std::string_view{"awaiting:payment"}},
                      std::pair{OrderStatus::complete, std::string_view{"complete"}},
                      std::pair{OrderStatus::cancelled, std::string_view{"cancelled"}}};
}

// Why an order was cancelled.
enum class CancelReason { buyer, expired, listing_cancelled };
constexpr auto wire_names(CancelReason) {
    return std::array{std::pair{CancelReason::buyer, std::string_view{"buyer"}},
                      std::pair{CancelReason::expired, std::string_view{"expired"}},
                      std::pair{CancelReason::listing_cancelled, std::string_view{"listing_cancelled"}}};
}

namespace contracts {

struct OrderLine {
    TicketId ticket_id;
    UserId seller_id;
    std::string title;
    Money price;  // per ticket, at the time of the order
    std::int64_t quantity = 0;
    std::optional<Instant> cancelled_at;         // when these tickets became void, after the order was paid
    std::optional<std::int64_t> ticket_version;  // of the listing, at the time of the order
    std::optional<CancelReason> reason;          // why they are void; none: the listing was cancelled
};
BOOST_DESCRIBE_STRUCT(OrderLine, (),
                      (ticket_id, seller_id, title, price, quantity, cancelled_at, ticket_version, reason))

// The state of an order: the data of every order.* event.
struct OrderState {
    static constexpr std::string_view source = "orders";
    OrderId id;
    UserId user_id;  // the buyer
    OrderStatus status = OrderStatus::created;
    Instant expires_at;  // the end of its hold, or of the charge's lease while it is awaiting payment
    Money total;
    std::vector<OrderLine> items;
    std::optional<CancelReason> reason;
    std::optional<PaymentId> payment_id;  // the attempt in progress, or the one that succeeded
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(OrderState, (),
                      (id, user_id, status, expires_at, total, items, reason, payment_id, version))

// A buyer holds tickets and has until `expires_at` to pay.
struct OrderCreated : OrderState {
    static constexpr std::string_view subject = "order.created";
};
BOOST_DESCRIBE_STRUCT(OrderCreated, (OrderState), ())

// The hold is valid and leased for the duration of a charge: `payment_id` may be charged now.
struct OrderAwaiting : OrderState {
    static constexpr std::string_view subject = "order.awaiting";
};
BOOST_DESCRIBE_STRUCT(OrderAwaiting, (OrderState), ())

// The charge failed; the order can be paid again until its original `expires_at`.
struct OrderReopened : OrderState {
    static constexpr std::string_view subject = "order.reopened";
};
BOOST_DESCRIBE_STRUCT(OrderReopened, (OrderState), ())

// The order is paid: the tickets belong to the buyer.
struct OrderCompleted : OrderState {
    static constexpr std::string_view subject = "order.completed";
};
BOOST_DESCRIBE_STRUCT(OrderCompleted, (OrderState), ())

// The tickets of one listing in a paid order are void and their price is refunded: the listing was cancelled
// by its seller or an admin, or the buyer returned them.
struct OrderVoided : OrderState {
    static constexpr std::string_view subject = "order.voided";
    TicketId ticket_id;  // that listing; the tickets of others may have become void before
};
BOOST_DESCRIBE_STRUCT(OrderVoided, (OrderState), (ticket_id))

// The order was cancelled: its tickets are on sale again.
struct OrderCancelled : OrderState {
    static constexpr std::string_view subject = "order.cancelled";
};
BOOST_DESCRIBE_STRUCT(OrderCancelled, (OrderState), ())

// The doors of a listing are open: buyers can no longer return its tickets, and none will be returned later.
struct ReturnsClosed {
    static constexpr std::string_view subject = "returns.closed";
    static constexpr std::string_view source = "orders";
    TicketId ticket_id;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return ticket_id.text; }
};
BOOST_DESCRIBE_STRUCT(ReturnsClosed, (), (ticket_id, version))

}  // namespace contracts
}  // namespace stagedoor
