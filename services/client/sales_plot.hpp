// What a seller has sold on each of the last days, as plots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/language/catalog.hpp"
#include "services/client/api.hpp"
#include "services/client/plot.hpp"

namespace stagedoor::client {

// The days of a plot: the last is today.
struct PlotDays {
    Instant now;
    std::int64_t count = 30;
    std::string zone = "UTC";
};

// Money sold and refunded in one currency; nullopt if there was neither.
[[nodiscard]] std::optional<Plot> money_plot(const std::vector<SalesDay>& sales, Currency currency,
                                             const PlotDays& days, const language::Texts& text);
// Tickets sold; nullopt if there were none.
[[nodiscard]] std::optional<Plot> tickets_plot(const std::vector<SalesDay>& sales, const PlotDays& days,
                                               const language::Texts& text);
[[nodiscard]] std::optional<Plot> tickets_plot(const std::vector<SoldDay>& sold, const PlotDays& days,
                                               const language::Texts& text);

}  // namespace stagedoor::client
