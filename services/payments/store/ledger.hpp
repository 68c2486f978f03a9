// The ledger: double entry in minor units, per currency. Accounts are `buyer/ID`, `seller/ID`, `fee` (ours)
// and `refunds` (owed to buyers). Each function posts entries that sum to zero.
#pragma once

#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"
#include "services/payments/store/orders.hpp"

namespace stagedoor::payments::store {

// A seller's account.
[[nodiscard]] inline std::string seller_account(const UserId& id) { return "seller/" + id.text; }

// The total from the buyer to the sellers, and the fees from the sellers to us.
void post_charge(sql::Tx& tx, const PaymentRow& payment, const std::vector<Line>& lines);
// The lines from the sellers to what is owed to the buyer; their fees go back to the sellers.
void post_refund(sql::Tx& tx, const RefundRow& refund, const std::vector<Line>& lines);
// A charge that succeeded although its attempt had failed: from the buyer to what is owed back.
void post_stray(sql::Tx& tx, const RefundRow& refund, const UserId& buyer);
// What was owed is back with the buyer.
void post_refund_done(sql::Tx& tx, const RefundRow& refund, const UserId& buyer);

// A seller's earnings, by currency.
[[nodiscard]] std::vector<Balance> balance_of(sql::Tx& tx, const UserId& seller);

}  // namespace stagedoor::payments::store
