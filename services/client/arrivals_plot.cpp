#include "services/client/arrivals_plot.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "services/client/calendar.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::size_t max_lines = 6;

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

}  // namespace

std::optional<ArrivalsPlot> plot_of(const Arrivals& arrivals, std::string_view zone,
                                    const language::Texts& text) {
    if (arrivals.step_seconds <= 0) return std::nullopt;
    auto all = series_of(arrivals, text("doors.others"));
    if (all.empty()) return std::nullopt;
    auto first = all.front().counts.begin()->first, last = first;
    for (const auto& series : all) {
        first = std::min(first, series.counts.begin()->first);
        last = std::max(last, series.counts.rbegin()->first);
    }
    // From one step before the first arrival, so that a single step is more than a dot; at most two days.
    constexpr std::int64_t max_steps = 600;
    first = std::max(first - 1, last - max_steps);
    PlotData data;
    for (auto step = first; step <= last; ++step)
        data.steps.push_back(clock_time(Instant{step * arrivals.step_seconds * 1000}, zone));
    for (const auto& series : all) {
        PlotSeries line{series.door, {}};
        for (auto step = first; step <= last; ++step) {
            auto found = series.counts.find(step);
            line.values.push_back(found == series.counts.end() ? 0 : found->second);
        }
        data.series.push_back(std::move(line));
    }
    data.value_text = data.level_text = [&](std::int64_t count) { return grouped(count, text.language()); };
    auto step = text("time.minutes", {{"count", arrivals.step_seconds / 60}});
    auto words = text("doors.plot_text", {{"step", std::string_view{step}}});
    return ArrivalsPlot{draw_plot(data, text("doors.plot_name"), std::move(words), text("doors.from")), step};
}

}  // namespace stagedoor::client
