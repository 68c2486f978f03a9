// The ledger: double entry in minor units, per currency. Accounts are `buyer/ID`, `seller/ID`, `fee` (the house) and
// `refunds` (owed to buyers). Each function posts entries that sum to zero.
#pragma once

#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::store {

// From the buyer to the sellers, and from those what the house keeps.
void post_charge(sql::Tx& tx, const PaymentRow& payment, const std::vector<Line>& lines);
// From the sellers, and with their fees from the house, to what is owed.
void post_refund(sql::Tx& tx, const RefundRow& refund, const std::vector<Line>& lines);
// What was owed is the buyer's again.
// From the buyer to what is owed back: a charge that nobody earned.
void post_stray(sql::Tx& tx, const RefundRow& refund, const UserId& buyer);
void post_refund_done(sql::Tx& tx, const RefundRow& refund, const UserId& buyer);

// What a seller has earned, by currency.
[[nodiscard]] std::vector<Balance> balance_of(sql::Tx& tx, const UserId& seller);

}  // namespace stagedoor::payments::store
