// A seller's part of the ledger, for the seller.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/tx.hpp"
#include "services/payments/payment.hpp"

namespace stagedoor::payments::store {

// The last entry of the page before.
struct LedgerPlace {
    Instant at;
    std::string id;
};

// At most `limit` sales and refunds, newest first: those before `before`, if given.
[[nodiscard]] std::vector<LedgerEntry> ledger_of(sql::Tx& tx, const UserId& seller,
                                                 const std::optional<LedgerPlace>& before,
                                                 std::int64_t limit);

// The last `days` days up to `now`, oldest first, where there was a sale or a refund.
[[nodiscard]] std::vector<SalesDay> sales_of(sql::Tx& tx, const UserId& seller, Instant now,
                                             std::int64_t days, std::string_view zone);

}  // namespace stagedoor::payments::store
