// How many people came in at each door over time, as a plot to be drawn as inline SVG.
#pragma once

#include <string>
#include <vector>

#include "common/language/catalog.hpp"
#include "services/client/api.hpp"

namespace stagedoor::client {

// A line of the plot. Lines differ in their dashes, not only in colour.
struct PlotLine {
    std::string door, tone, points, total;
};
BOOST_DESCRIBE_STRUCT(PlotLine, (), (door, tone, points, total))

struct PlotMark {
    std::int64_t at = 0, text_at = 0;
    std::string label;
};
BOOST_DESCRIBE_STRUCT(PlotMark, (), (at, text_at, label))

struct PlotCell {
    std::string people;
};
BOOST_DESCRIBE_STRUCT(PlotCell, (), (people))

// The same figures as a table row.
struct PlotRow {
    std::string from;
    std::vector<PlotCell> cells;
};
BOOST_DESCRIBE_STRUCT(PlotRow, (), (from, cells))

struct ArrivalsPlot {
    std::vector<PlotLine> lines;
    std::vector<PlotMark> hours, levels;  // on the two axes
    std::vector<PlotRow> plot_rows;
    std::string step;  // "5 minutes"
};
BOOST_DESCRIBE_STRUCT(ArrivalsPlot, (), (lines, hours, levels, plot_rows, step))

// The size of the drawing that all coordinates refer to; views/doors.html has it, too.
inline constexpr std::int64_t plot_width = 720, plot_height = 240;

// nullopt if nobody has come yet. The busiest `max_lines` doors have a line each, the others share the last.
[[nodiscard]] std::optional<ArrivalsPlot> plot_of(const Arrivals& arrivals, std::string_view zone,
                                                  const language::Texts& text);

}  // namespace stagedoor::client
