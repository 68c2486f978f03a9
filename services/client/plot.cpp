#include "services/client/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <numeric>

namespace stagedoor::client {
namespace {

constexpr std::int64_t side = 26, top = 12, bottom = 28;  // room at the edges
constexpr std::int64_t digit_width = 8;

// 1, 2 or 5 times a power of ten, the next from `count` on, so that the labels are round.
std::int64_t round_up(std::int64_t count) {
    constexpr auto max = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t power = 1;; power *= 10) {
        for (auto factor : {1, 2, 5}) {
            if (factor * power >= count) return factor * power;
        }
        if (power > max / 10) return max;
    }
}

// From steps and values to coordinates.
struct Axes {
    std::int64_t left = side, right = side, steps = 1, max = 1;
    bool bars = false;

    [[nodiscard]] std::int64_t width() const { return plot_width - left - right; }
    // Bars stand in the middle of their steps; lines go from the first to the last.
    [[nodiscard]] std::int64_t x(std::int64_t step) const {
        if (bars) return left + (2 * step + 1) * width() / (2 * steps);
        return left + step * width() / std::max<std::int64_t>(1, steps - 1);
    }
    [[nodiscard]] std::int64_t y(std::int64_t value) const {
        auto height = plot_height - top - bottom;
        return plot_height - bottom - static_cast<std::int64_t>(static_cast<__int128>(value) * height / max);
    }
};

std::string points_of(const PlotSeries& series, const Axes& axes) {
    std::string points;
    for (std::int64_t step = 0; step < axes.steps; ++step) {
        fmt::format_to(std::back_inserter(points), "{},{} ", axes.x(step),
                       axes.y(series.values[static_cast<std::size_t>(step)]));
    }
    return points;
}

// The bars of the series `number` of `count`.
std::string bars_of(const PlotSeries& series, const Axes& axes, std::int64_t number, std::int64_t count) {
    std::string path;
    auto width = std::max<std::int64_t>(2, axes.width() * 7 / 10 / axes.steps / count);
    for (std::int64_t step = 0; step < axes.steps; ++step) {
        auto value = series.values[static_cast<std::size_t>(step)];
        if (value <= 0) continue;
        auto x = axes.x(step) - width * count / 2 + number * width;
        auto y = std::min(axes.y(value), plot_height - bottom - 1);  // never too low to be seen
        fmt::format_to(std::back_inserter(path), "M{} {}V{}h{}V{}z", x, plot_height - bottom, y, width,
                       plot_height - bottom);
    }
    return path;
}

}  // namespace

std::int64_t PlotSeries::total() const {
    return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

Plot draw_plot(const PlotData& data, std::string name, std::string text, std::string first_column) {
    Axes axes{.steps = std::max<std::int64_t>(1, std::ssize(data.steps)), .bars = data.bars};
    for (const auto& series : data.series) {
        for (auto value : series.values) axes.max = std::max(axes.max, value);
    }
    axes.max = round_up(axes.max);
    // As wide as the widest label, in characters: a few bytes more do no harm.
    auto label_room = 16 + digit_width * std::max<std::int64_t>(3, std::ssize(data.level_text(axes.max)));
    (data.bars ? axes.right : axes.left) = label_room;
    auto end = plot_width - axes.right;
    Plot plot{.plot_name = std::move(name),
              .plot_text = std::move(text),
              .first_column = std::move(first_column),
              .left = axes.left,
              .end = end,
              .label_at = data.bars ? end + 6 : axes.left - 6,
              .label_anchor = data.bars ? "start" : "end",
              .latest = data.bars,
              .lines = {},
              .marks = {},
              .levels = {},
              .plot_rows = {}};
    for (const auto& series : data.series) {
        auto number = std::ssize(plot.lines);
        PlotLine line{.name = series.name,
                      .tone = fmt::format("{}-{}", data.bars ? "bar" : "line", number + 1),
                      .total = data.value_text(series.total()),
                      .sample = data.bars ? "M9 0h14v8h-14z" : "M0 4H32",
                      .points = {},
                      .bars = {}};
        if (data.bars)
            line.bars = bars_of(series, axes, number, std::ssize(data.series));
        else
            line.points = points_of(series, axes);
        plot.lines.push_back(std::move(line));
    }
    constexpr std::int64_t max_marks = 6;
    auto every = std::max<std::int64_t>(1, (axes.steps + max_marks - 1) / max_marks);
    for (std::int64_t step = 0; step < std::ssize(data.steps); step += every)
        plot.marks.push_back(
            {axes.x(step), plot_height - bottom + 18, data.steps[static_cast<std::size_t>(step)]});
    for (auto level : {std::int64_t{0}, axes.max / 2, axes.max}) {
        if (level > 0 || plot.levels.empty())
            plot.levels.push_back({axes.y(level), axes.y(level) + 4, data.level_text(level)});
    }
    for (std::size_t step = 0; step < data.steps.size(); ++step) {
        PlotRow row{data.steps[step], {}};
        auto any = false;
        for (const auto& series : data.series) {
            any = any || series.values[step] != 0;
            row.cells.push_back({data.value_text(series.values[step])});
        }
        if (any) plot.plot_rows.push_back(std::move(row));
    }
    return plot;
}

}  // namespace stagedoor::client
