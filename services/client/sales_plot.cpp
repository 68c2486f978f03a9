#include "services/client/sales_plot.hpp"

#include <algorithm>
#include <map>

#include "common/time_zones/time_zones.hpp"
#include "services/client/calendar.hpp"
#include "services/client/search.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::int64_t day_ms = 24 * 60 * 60 * 1000;

using ByDay = std::map<std::string, std::int64_t>;  // by "2026-11-30"

// Without its year: the days of a plot are within one.
std::string day_label(std::int64_t day, Language language) {
    auto parts = day_of(Instant{day * day_ms}, "UTC", language);
    return parts.day + " " + parts.month;
}

std::optional<Plot> plot_by_day(std::vector<std::pair<std::string, ByDay>> series, PlotData data,
                                const RecentDays& days, std::string name, const language::Texts& text) {
    auto is_empty = [](const auto& each) { return each.second.empty(); };
    if (std::ranges::all_of(series, is_empty)) return std::nullopt;
    data.bars = true;
    for (auto& [label, by_day] : series) data.series.push_back({std::move(label), {}});
    for (auto day = days.first(); day < days.first() + days.count; ++day) {
        data.steps.push_back(day_label(day, text.language()));
        for (std::size_t i = 0; i < series.size(); ++i) {
            auto found = series[i].second.find(time_zones::day_text(day));
            data.series[i].values.push_back(found == series[i].second.end() ? 0 : found->second);
        }
    }
    auto words = text("money.plot_text", {{"name", std::string_view{name}}, {"count", days.count}});
    return draw_plot(data, std::move(name), std::move(words), text("money.day"));
}

std::optional<Plot> plot_of_tickets(ByDay tickets, const RecentDays& days, const language::Texts& text) {
    PlotData data;
    data.value_text = data.level_text = [&](std::int64_t count) { return grouped(count, text.language()); };
    return plot_by_day({{text("money.tickets_sold"), std::move(tickets)}}, std::move(data), days,
                       text("money.tickets_sold"), text);
}

}  // namespace

std::string sales_address(const RecentDays& days) {
    auto address = "/api/payments/sales?days=" + std::to_string(days.count);
    append_parameter(address, "timeZone", days.zone);
    return address;
}

std::optional<Plot> money_plot(const std::vector<SalesDay>& sales, Currency currency, const RecentDays& days,
                               const language::Texts& text) {
    ByDay sold, refunded;
    for (const auto& each : sales) {
        if (each.sold.currency != currency) continue;
        if (each.sold.minor > 0) sold[each.day] += each.sold.minor;
        if (each.refunded.minor > 0) refunded[each.day] += each.refunded.minor;
    }
    auto one = Money::parse("1", currency)->minor;  // in minor units
    PlotData data;
    data.value_text = [&text, currency](std::int64_t minor) {
        return price({minor, currency}, text.language());
    };
    data.level_text = [&, currency](std::int64_t minor) {
        return minor % one == 0 ? language::whole_price(minor / one, currency, text.language())
                                : price({minor, currency}, text.language());
    };
    return plot_by_day(
        {{text("selling.sold"), std::move(sold)}, {text("selling.refunded"), std::move(refunded)}},
        std::move(data), days, text("money.sales"), text);
}

std::optional<Plot> tickets_plot(const std::vector<SalesDay>& sales, const RecentDays& days,
                                 const language::Texts& text) {
    ByDay tickets;
    for (const auto& each : sales) {
        if (each.tickets > 0) tickets[each.day] += each.tickets;
    }
    return plot_of_tickets(std::move(tickets), days, text);
}

std::optional<Plot> tickets_plot(const std::vector<SoldDay>& sold, const RecentDays& days,
                                 const language::Texts& text) {
    ByDay tickets;
    for (const auto& each : sold) tickets[each.day] += each.tickets;
    return plot_of_tickets(std::move(tickets), days, text);
}

}  // namespace stagedoor::client
