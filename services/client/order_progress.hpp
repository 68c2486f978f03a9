// An order with its payments, as the order page and the payment page show it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/language/catalog.hpp"
#include "services/client/api.hpp"

namespace stagedoor::client {

struct ItemView {
    std::string address, title, each, subtotal;
    std::int64_t quantity = 1;
    std::optional<std::string> when, when_iso, place, seats;  // as ordered
    std::optional<std::string> void_because;
};
BOOST_DESCRIBE_STRUCT(ItemView, (),
                      (address, title, each, subtotal, quantity, when, when_iso, place, seats, void_because))

// Tickets that the buyer can return, because the seller has changed the event.
struct ReturnView {
    std::string ticket, title, address, until, until_iso, refund;
};
BOOST_DESCRIBE_STRUCT(ReturnView, (), (ticket, title, address, until, until_iso, refund))

// The remaining time of a hold.
struct Hold {
    static constexpr std::int64_t warned_seconds = 120;

    std::string left, until, until_iso;
    std::int64_t seconds = 0, length = 0;  // what is left, and of the whole hold
    std::int64_t warn_at = warned_seconds;
    bool soon = false;  // it expires
};
BOOST_DESCRIBE_STRUCT(Hold, (), (left, until, until_iso, seconds, length, warn_at, soon))

struct RefundView {
    std::string refund_sum, why;
    std::optional<std::string> back, back_iso;  // nullopt while pending
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (refund_sum, why, back, back_iso))

struct PaymentView {
    std::string payment_sum, outcome, payment_tone, tried, tried_iso;
    std::optional<std::string> failure;
    std::vector<RefundView> refunds;
};
BOOST_DESCRIBE_STRUCT(PaymentView, (),
                      (payment_sum, outcome, payment_tone, tried, tried_iso, failure, refunds))

[[nodiscard]] std::vector<ItemView> items_of(const Order& order, const language::Texts& text);
[[nodiscard]] std::vector<ReturnView> returns_of(const Order& order, const language::Texts& text);
[[nodiscard]] Hold hold_of(const Order& order, Instant now, const language::Texts& text);
[[nodiscard]] PaymentView view_of(const Payment& payment, const language::Texts& text);
[[nodiscard]] std::string order_address(const OrderId& id);

// What the buyer wants to know besides the status: what can be done, and what happens to the money.
struct OrderProgress {
    const Order& order;
    const std::optional<std::vector<Payment>>& payments;  // nullopt: payments is down

    [[nodiscard]] bool payable() const;
    [[nodiscard]] bool waiting() const;  // for the outcome of a payment
    [[nodiscard]] bool expired() const;  // the hold, before a payment
    [[nodiscard]] bool paid() const;     // charged, even if refunded since
    [[nodiscard]] std::optional<std::string> message(const language::Texts& text) const;

  private:
    [[nodiscard]] bool in_progress() const;  // a payment attempt
    [[nodiscard]] std::string_view key_if_cancelled() const;
};

}  // namespace stagedoor::client
