// Money that goes back: decided here, in the transaction of what makes it necessary; done by a loop.
#pragma once

#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::store {

// Database::listen to this channel to hear of one.
inline constexpr std::string_view refunds_channel = "refunds";

// Of all in the order that was not paid back before; of one ticket in it. The order's row must be locked.
void refund_order(sql::Tx& tx, const PaymentRow& payment, CancelReason reason);
void refund_ticket(sql::Tx& tx, const PaymentRow& payment, const TicketId& ticket);
// Of a charge that was given up and came all the same: it never was anybody's, and goes straight back, once.
void refund_stray(sql::Tx& tx, const PaymentRow& failed, CancelReason reason);

[[nodiscard]] std::vector<RefundRow> refunds_of(sql::Tx& tx, const PaymentId& payment);

// Refunds that nobody sees to.
[[nodiscard]] std::vector<RefundRow> claim_refunds(sql::Tx& tx, Instant lease, std::int64_t most);
[[nodiscard]] std::optional<Instant> next_refund(sql::Tx& tx);
// Unless another copy has taken it on since.
void put_off_refund(sql::Tx& tx, const RefundRow& refund, Instant due);

// The provider has done it: tells payment.refunded. False when that was known.
[[nodiscard]] bool finish_refund(sql::Tx& tx, const RefundRow& refund, const std::string& reference);

}  // namespace stagedoor::payments::store
