#include "services/client/arrivals_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "services/client/calendar.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::size_t max_lines = 6;
constexpr std::int64_t left = 40, right = 26, top = 12, bottom = 28;  // room for the labels

// People per step, of one door.
struct Series {
    std::string door;
    std::map<std::int64_t, std::int64_t> counts;  // by the number of the step

    [[nodiscard]] std::int64_t total() const {
        return std::accumulate(counts.begin(), counts.end(), std::int64_t{0},
                               [](auto sum, const auto& each) { return sum + each.second; });
    }
};

std::vector<Series> series_of(const Arrivals& arrivals, std::string other_doors) {
    std::vector<Series> all;
    for (const auto& door : arrivals.doors) {
        Series series{door.name, {}};
        for (const auto& each : door.arrivals)
            series.counts[each.at.milliseconds / 1000 / arrivals.step_seconds] += each.count;
        if (series.total() > 0) all.push_back(std::move(series));
    }
    std::ranges::sort(all, {}, [](const Series& each) { return std::pair{-each.total(), each.door}; });
    if (all.size() > max_lines) {
        Series others{std::move(other_doors), {}};
        for (auto at = max_lines - 1; at < all.size(); ++at) {
            for (const auto& [step, count] : all[at].counts) others.counts[step] += count;
        }
        all.resize(max_lines - 1);
        all.push_back(std::move(others));
    }
    return all;
}

// The plot's axes: from steps and people to its coordinates.
struct Axes {
    std::int64_t first = 0, steps = 1, max_count = 1;

    [[nodiscard]] std::int64_t x(std::int64_t step) const {
        return left + (step - first) * (plot_width - left - right) / std::max<std::int64_t>(1, steps - 1);
    }
    [[nodiscard]] std::int64_t y(std::int64_t count) const {
        return plot_height - bottom - count * (plot_height - top - bottom) / max_count;
    }
};

// 1, 2 or 5 times a power of ten, the next from `count` on, so that the labels are round.
std::int64_t round_up(std::int64_t count) {
    for (std::int64_t power = 1;; power *= 10) {
        for (auto factor : {1, 2, 5}) {
            if (factor * power >= count) return factor * power;
        }
    }
}

Axes axes_of(const std::vector<Series>& all) {
    auto first = all.front().counts.begin()->first, last = first;
    std::int64_t max_count = 1;
    for (const auto& series : all) {
        first = std::min(first, series.counts.begin()->first);
        last = std::max(last, series.counts.rbegin()->first);
        for (const auto& [step, count] : series.counts) max_count = std::max(max_count, count);
    }
    // From one step before the first arrival, so that a single step is more than a dot; at most two days.
    constexpr std::int64_t max_steps = 600;
    first = std::max(first - 1, last - max_steps);
    return {first, last - first + 1, round_up(max_count)};
}

std::string points_of(const Series& series, const Axes& axes) {
    std::string points;
    for (auto step = axes.first; step < axes.first + axes.steps; ++step) {
        auto found = series.counts.find(step);
        auto count = found == series.counts.end() ? 0 : found->second;
        fmt::format_to(std::back_inserter(points), "{},{} ", axes.x(step), axes.y(count));
    }
    return points;
}

}  // namespace

std::optional<ArrivalsPlot> plot_of(const Arrivals& arrivals, std::string_view zone,
                                    const language::Texts& text) {
    if (arrivals.step_seconds <= 0) return std::nullopt;
    auto all = series_of(arrivals, text("doors.others"));
    if (all.empty()) return std::nullopt;
    auto axes = axes_of(all);
    auto clock = [&](std::int64_t step) {
        return clock_time(Instant{step * arrivals.step_seconds * 1000}, zone);
    };
    ArrivalsPlot plot{.lines = {},
                      .hours = {},
                      .levels = {},
                      .plot_rows = {},
                      .step = text("time.minutes", {{"count", arrivals.step_seconds / 60}})};
    for (const auto& series : all) {
        plot.lines.push_back({series.door, "line-" + std::to_string(plot.lines.size() + 1),
                              points_of(series, axes), grouped(series.total(), text.language())});
    }
    constexpr std::int64_t marks = 6;
    auto every = std::max<std::int64_t>(1, (axes.steps + marks - 1) / marks);
    for (auto step = axes.first; step < axes.first + axes.steps; step += every)
        plot.hours.push_back({axes.x(step), plot_height - bottom + 18, clock(step)});
    for (auto level : {std::int64_t{0}, axes.max_count / 2, axes.max_count}) {
        if (level > 0 || plot.levels.empty())
            plot.levels.push_back({axes.y(level), axes.y(level) + 4, grouped(level, text.language())});
    }
    for (auto step = axes.first; step < axes.first + axes.steps; ++step) {
        PlotRow row{clock(step), {}};
        auto any = false;
        for (const auto& series : all) {
            auto found = series.counts.find(step);
            any = any || found != series.counts.end();
            row.cells.push_back({grouped(found == series.counts.end() ? 0 : found->second, text.language())});
        }
        if (any) plot.plot_rows.push_back(std::move(row));
    }
    return plot;
}

}  // namespace stagedoor::client
