// The orders of a listing as its seller sees them, without their buyers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/sql/tx.hpp"
#include "common/time_zones/recent_days.hpp"
#include "services/orders/order.hpp"

namespace stagedoor::orders::store {

[[nodiscard]] std::optional<UserId> seller_of(sql::Tx& tx, const TicketId& ticket);

// At most `limit`, newest first: those before the order `before`, unless that is empty.
[[nodiscard]] std::vector<SaleRow> sales_of(sql::Tx& tx, const TicketId& ticket, const std::string& before,
                                            std::int64_t limit);

// What was ordered on these days and is paid, oldest day first.
[[nodiscard]] std::vector<SoldDay> sold_by_day(sql::Tx& tx, const TicketId& ticket,
                                               const time_zones::RecentDays& days);

}  // namespace stagedoor::orders::store
