// A seller's part of the ledger, for the seller.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "common/time_zones/recent_days.hpp"
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

// Those of these days, oldest first, on which there was a sale or a refund.
[[nodiscard]] std::vector<SalesDay> sales_of(sql::Tx& tx, const UserId& seller,
                                             const time_zones::RecentDays& days);

}  // namespace stagedoor::payments::store
