// Figures over time as a plot to be drawn as inline SVG, with the same figures as a table (views/plot.html).
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor::client {

// One series. They differ in their dashes or filling, not only in colour.
struct PlotLine {
    std::string name, tone, total;
    std::string sample;                       // a path of 32 × 8 for the legend
    std::optional<std::string> points, bars;  // a polyline or a path
};
BOOST_DESCRIBE_STRUCT(PlotLine, (), (name, tone, total, sample, points, bars))

struct PlotMark {
    std::int64_t at = 0, text_at = 0;
    std::string label;
};
BOOST_DESCRIBE_STRUCT(PlotMark, (), (at, text_at, label))

struct PlotCell {
    std::string value;
};
BOOST_DESCRIBE_STRUCT(PlotCell, (), (value))

// The same figures as a table row.
struct PlotRow {
    std::string from;
    std::vector<PlotCell> cells;
};
BOOST_DESCRIBE_STRUCT(PlotRow, (), (from, cells))

struct Plot {
    std::string plot_name, plot_text, first_column;  // for screen readers; the table's first heading
    std::int64_t left = 0, end = 0, label_at = 0;    // x of both ends of the drawing, and of the labels
    std::string label_anchor;                        // which end of a label is there
    bool latest = false;                             // narrow screens begin at the right end
    std::vector<PlotLine> lines;
    std::vector<PlotMark> marks, levels;  // on the two axes
    std::vector<PlotRow> plot_rows;
};
BOOST_DESCRIBE_STRUCT(Plot, (),
                      (plot_name, plot_text, first_column, left, end, label_at, label_anchor, latest, lines,
                       marks, levels, plot_rows))

// The size of the drawing that all coordinates refer to; views/plot.html has it, too.
inline constexpr std::int64_t plot_width = 720, plot_height = 240;

// What is drawn: a value of each series, 0 or more, for each step.
struct PlotSeries {
    std::string name;
    std::vector<std::int64_t> values;

    [[nodiscard]] std::int64_t total() const;
};
struct PlotData {
    std::vector<std::string> steps;  // in short
    std::vector<PlotSeries> series;
    std::function<std::string(std::int64_t)> value_text, level_text;
    bool bars = false;  // for up to two series, with the labels at the latest; else lines
};

// Rows of the table without any value are left out.
[[nodiscard]] Plot draw_plot(const PlotData& data, std::string name, std::string text,
                             std::string first_column);

}  // namespace stagedoor::client
