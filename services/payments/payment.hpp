// A payment attempt as a request, as rows, as a response and as an event.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/json/limits.hpp"
#include "contracts/events/payments.hpp"

namespace stagedoor::payments {

// started: waits for orders to lease the hold; charging: the provider was called. The last two are final.
enum class PaymentStatus { started, charging, succeeded, failed };
constexpr auto wire_names(PaymentStatus) {
    return std::array{std::pair{PaymentStatus::started, std::string_view{"started"}},
                      std::pair{PaymentStatus::charging, std::string_view{"charging"}},
                      std::pair{PaymentStatus::succeeded, std::string_view{"succeeded"}},
                      std::pair{PaymentStatus::failed, std::string_view{"failed"}}};
}

enum class RefundStatus { pending, done };
constexpr auto wire_names(RefundStatus) {
    return std::array{std::pair{RefundStatus::pending, std::string_view{"pending"}},
                      std::pair{RefundStatus::done, std::string_view{"done"}}};
}

// ---- requests

struct NewPayment {
    OrderId order_id;
    json::Text<1, 255> token;  // created by the provider from a card
};
BOOST_DESCRIBE_STRUCT(NewPayment, (), (order_id, token))

// ---- rows

struct PaymentRow {
    PaymentId id;
    OrderId order_id;
    UserId user_id;  // the buyer
    Money amount;
    PaymentStatus status = PaymentStatus::started;
    std::optional<std::string> token;      // until the outcome is known
    std::optional<std::string> reference;  // the provider's id of the charge
    std::optional<std::string> reason;     // why it failed, for the buyer
    std::int64_t tries = 0;                // calls to charge, including one that may not have been sent
    Instant created_at;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (),
                      (id, order_id, user_id, amount, status, token, reference, reason, tries, created_at,
                       version))

struct RefundRow {
    RefundId id;
    PaymentId payment_id;
    Money amount;
    CancelReason reason = CancelReason::expired;
    RefundStatus status = RefundStatus::pending;
    std::int64_t tries = 0;
    Instant created_at;
    std::optional<Instant> done_at;
};
BOOST_DESCRIBE_STRUCT(RefundRow, (), (id, payment_id, amount, reason, status, tries, created_at, done_at))

// ---- responses

// The attempt that a request opened or joined.
struct OpenedPayment {
    PaymentId id;
};
BOOST_DESCRIBE_STRUCT(OpenedPayment, (), (id))

struct RefundView {
    RefundId id;
    Money amount;
    CancelReason reason = CancelReason::expired;
    RefundStatus status = RefundStatus::pending;
    Instant created_at;
    std::optional<Instant> done_at;
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (id, amount, reason, status, created_at, done_at))

struct Payment {
    PaymentId id;
    OrderId order_id;
    PaymentStatus status = PaymentStatus::started;
    Money amount;
    std::optional<std::string> reason;
    Instant created_at;
    std::vector<RefundView> refunds;
};
BOOST_DESCRIBE_STRUCT(Payment, (), (id, order_id, status, amount, reason, created_at, refunds))

[[nodiscard]] Payment to_response(const PaymentRow& payment, const std::vector<RefundRow>& refunds);

// A seller's earnings in one currency: balance = sold - fees - refunded.
struct Balance {
    Money sold;
    json::Amount fees;  // net of fees returned with refunds
    json::Amount refunded, balance;
};
BOOST_DESCRIBE_STRUCT(Balance, (), (sold, fees, refunded, balance))

enum class LedgerKind { sale, refund };
constexpr auto wire_names(LedgerKind) {
    return std::array{std::pair{LedgerKind::sale, std::string_view{"sale"}},
                      std::pair{LedgerKind::refund, std::string_view{"refund"}}};
}

struct LedgerTicket {
    TicketId id;
    std::optional<std::string> title;      // when it was ordered; absent in old entries
    std::optional<std::int64_t> quantity;  // likewise
};
BOOST_DESCRIBE_STRUCT(LedgerTicket, (), (id, title, quantity))

// What an order brought a seller, or what of it went back to the buyer.
struct LedgerEntry {
    std::string id;
    Instant at;
    LedgerKind kind = LedgerKind::sale;
    OrderId order_id;
    Money amount;      // before the fee
    json::Amount fee;  // of a refund: that the seller got back
    std::vector<LedgerTicket> tickets;
};
BOOST_DESCRIBE_STRUCT(LedgerEntry, (), (id, at, kind, order_id, amount, fee, tickets))

// A seller's day in one currency.
struct SalesDay {
    std::string day;  // "2026-11-30"
    std::int64_t tickets = 0, tickets_returned = 0;
    Money sold;  // before fees
    json::Amount fees, refunded, fees_returned;
};
BOOST_DESCRIBE_STRUCT(SalesDay, (), (day, tickets, tickets_returned, sold, fees, refunded, fees_returned))

// ---- events

template <class Event>
[[nodiscard]] Event to_event(const PaymentRow& payment) {
    Event event;
    event.id = payment.id;
    event.order_id = payment.order_id;
    event.user_id = payment.user_id;
    event.amount = payment.amount;
    event.reference = payment.reference;
    event.version = payment.version;
    return event;
}

}  // namespace stagedoor::payments
