// Events of payments: attempts to pay for an order, and refunds.
#pragma once

#include <boost/describe.hpp>
#include <optional>

#include "contracts/events/event.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/ids.hpp"
#include "contracts/money.hpp"

namespace stagedoor::contracts {

// An attempt to pay for an order: the data of every payment.* event.
struct PaymentState {
    static constexpr std::string_view source = "payments";
    PaymentId id;
    OrderId order_id;
    UserId user_id;  // the buyer
    Money amount;
    std::optional<std::string> reference;  // the provider's id of the charge
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(PaymentState, (), (id, order_id, user_id, amount, reference, version))

// The buyer wants to pay. Nothing is charged until orders has leased the hold (order.awaiting).
struct PaymentStarted : PaymentState {
    static constexpr std::string_view subject = "payment.started";
};
BOOST_DESCRIBE_STRUCT(PaymentStarted, (PaymentState), ())

// The buyer was charged `amount`.
struct PaymentCreated : PaymentState {
    static constexpr std::string_view subject = "payment.created";
};
BOOST_DESCRIBE_STRUCT(PaymentCreated, (PaymentState), ())

// The attempt failed and nothing was charged.
struct PaymentFailed : PaymentState {
    static constexpr std::string_view subject = "payment.failed";
    std::string reason;  // for the buyer: "Your card was declined"
};
BOOST_DESCRIBE_STRUCT(PaymentFailed, (PaymentState), (reason))

// `amount`, a whole charge or the price of cancelled items in it, was refunded to the buyer.
struct PaymentRefunded : PaymentState {
    static constexpr std::string_view subject = "payment.refunded";
    RefundId refund_id;
    CancelReason reason = CancelReason::expired;  // why the order or the items were cancelled
};
BOOST_DESCRIBE_STRUCT(PaymentRefunded, (PaymentState), (refund_id, reason))

}  // namespace stagedoor::contracts
