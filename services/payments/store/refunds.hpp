// Refunds: decided here, in the transaction that makes them necessary; made by a worker.
#pragma once

#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::store {

// Channel for Database::listen: notified when a refund is added.
inline constexpr std::string_view refunds_channel = "refunds";

// Refund whatever of the order was not refunded before, or one ticket of it. The order's row must be locked.
void refund_order(sql::Tx& tx, const PaymentRow& payment, CancelReason reason);
void refund_ticket(sql::Tx& tx, const PaymentRow& payment, const TicketId& ticket, CancelReason reason);
// Refunds, once, a charge that succeeded although its attempt had failed; no seller ever got it.
void refund_stray(sql::Tx& tx, const PaymentRow& failed, CancelReason reason);

[[nodiscard]] std::vector<RefundRow> refunds_of(sql::Tx& tx, const PaymentId& payment);

// Refunds that are due.
[[nodiscard]] std::vector<RefundRow> claim_refunds(sql::Tx& tx, Instant lease, std::int64_t max_claimed);
[[nodiscard]] std::optional<Instant> next_refund(sql::Tx& tx);
// Unless another replica has claimed it since.
void postpone_refund(sql::Tx& tx, const RefundRow& refund, Instant due);

// The provider has made the refund: publishes payment.refunded. Returns false if that was known.
[[nodiscard]] bool finish_refund(sql::Tx& tx, const RefundRow& refund, const std::string& reference);

}  // namespace stagedoor::payments::store
