// How many people came in at each door over time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/language/catalog.hpp"
#include "services/client/api.hpp"
#include "services/client/plot.hpp"

namespace stagedoor::client {

struct ArrivalsPlot {
    Plot figures;
    std::string step;  // "5 minutes"
};
BOOST_DESCRIBE_STRUCT(ArrivalsPlot, (), (figures, step))

// nullopt if nobody has come yet. The busiest doors have a line each, the others share the last one.
[[nodiscard]] std::optional<ArrivalsPlot> plot_of(const Arrivals& arrivals, std::string_view zone,
                                                  const language::Texts& text);

}  // namespace stagedoor::client
