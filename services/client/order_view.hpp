// An order as its page and that of its payment show it: tickets and money in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/client/answers.hpp"

namespace stagedoor::client {

struct ItemView {
    std::string address, title, each, sum;
    std::int64_t amount = 1;
    bool called_off = false;
};
BOOST_DESCRIBE_STRUCT(ItemView, (), (address, title, each, sum, amount, called_off))

// The time that runs while it is held.
struct Hold {
    std::string left, until, until_iso;
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(Hold, (), (left, until, until_iso, seconds))

struct RefundView {
    std::string refund_sum, why;
    std::optional<std::string> back, back_iso;  // when it was there; none: on its way
};
BOOST_DESCRIBE_STRUCT(RefundView, (), (refund_sum, why, back, back_iso))

struct PaymentView {
    std::string payment_sum, outcome, payment_tone, tried, tried_iso;
    std::optional<std::string> failure;
    std::vector<RefundView> refunds;
};
BOOST_DESCRIBE_STRUCT(PaymentView, (),
                      (payment_sum, outcome, payment_tone, tried, tried_iso, failure, refunds))

[[nodiscard]] std::vector<ItemView> items_of(const Order& order);
[[nodiscard]] Hold hold_of(const Order& order, Instant now);
[[nodiscard]] PaymentView view_of(const Payment& payment);
[[nodiscard]] std::string order_address(const OrderId& id);

// How an order stands with its payments, as far as they are known: what its buyer wants to know beside the status.
struct Standing {
    const Order& order;
    const std::optional<std::vector<Payment>>& payments;  // none: nobody knows, payments is away

    [[nodiscard]] bool payable() const;
    [[nodiscard]] bool waiting() const;  // for the end of a payment
    [[nodiscard]] bool paid() const;     // money was taken, be it on its way back
    [[nodiscard]] std::optional<std::string> words() const;

  private:
    [[nodiscard]] bool under_way() const;  // an attempt to pay is
    [[nodiscard]] std::string words_of_cancelled() const;
};

}  // namespace stagedoor::client
