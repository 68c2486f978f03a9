// What a seller has sold on each of the last days, as plots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/language/catalog.hpp"
#include "common/time_zones/recent_days.hpp"
#include "services/client/api.hpp"
#include "services/client/plot.hpp"

namespace stagedoor::client {

using time_zones::RecentDays;

// Where payments has a seller's SalesDays.
[[nodiscard]] std::string sales_address(const RecentDays& days);

// Money sold and refunded in one currency; nullopt if there was neither.
[[nodiscard]] std::optional<Plot> money_plot(const std::vector<SalesDay>& sales, Currency currency,
                                             const RecentDays& days, const language::Texts& text);
// Tickets sold; nullopt if there were none.
[[nodiscard]] std::optional<Plot> tickets_plot(const std::vector<SalesDay>& sales, const RecentDays& days,
                                               const language::Texts& text);
[[nodiscard]] std::optional<Plot> tickets_plot(const std::vector<SoldDay>& sold, const RecentDays& days,
                                               const language::Texts& text);

}  // namespace stagedoor::client
