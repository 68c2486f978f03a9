// An attempt to pay as it comes in, as it is stored, as it is shown, and as it is told to others.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "common/json/limits.hpp"
#include "contracts/events/payments.hpp"

namespace stagedoor::payments {

// started: orders is asked to keep the tickets; charging: the provider is; then either of the last two, for good.
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

// ---- what comes in

struct NewPayment {
    OrderId order_id;
    json::Text<1, 255> token;  // what the provider made of a card
};
BOOST_DESCRIBE_STRUCT(NewPayment, (), (order_id, token))

// ---- what is stored

struct PaymentRow {
    PaymentId id;
    OrderId order_id;
    UserId user_id;  // the buyer
    Money amount;
    PaymentStatus status = PaymentStatus::started;
    std::optional<std::string> token;      // until the outcome is known
    std::optional<std::string> reference;  // what the provider calls the charge
    std::optional<std::string> reason;     // why it failed, for the buyer
    std::int64_t tries = 0;                // how often the provider was, or was to be, asked
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

// ---- what is shown

// The attempt that a request opened, or joined.
struct OpenedPayment {
    PaymentId id;
};
BOOST_DESCRIBE_STRUCT(OpenedPayment, (), (id))

struct ShownRefund {
    RefundId id;
    Money amount;
    CancelReason reason = CancelReason::expired;
    RefundStatus status = RefundStatus::pending;
    Instant created_at;
    std::optional<Instant> done_at;
};
BOOST_DESCRIBE_STRUCT(ShownRefund, (), (id, amount, reason, status, created_at, done_at))

struct Payment {
    PaymentId id;
    OrderId order_id;
    PaymentStatus status = PaymentStatus::started;
    Money amount;
    std::optional<std::string> reason;
    Instant created_at;
    std::vector<ShownRefund> refunds;
};
BOOST_DESCRIBE_STRUCT(Payment, (), (id, order_id, status, amount, reason, created_at, refunds))

[[nodiscard]] Payment shown(const PaymentRow& payment, const std::vector<RefundRow>& refunds);

// What a seller has earned in one currency: balance = sold - fees - refunded.
struct Balance {
    Money sold;
    json::Amount fees;  // less what was given back with refunds
    json::Amount refunded, balance;
};
BOOST_DESCRIBE_STRUCT(Balance, (), (sold, fees, refunded, balance))

// ---- what is told

template <class Event>
[[nodiscard]] Event told(const PaymentRow& payment) {
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
