#include "services/client/shelves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/time_zones/time_zones.hpp"
#include "services/client/search.hpp"

namespace stagedoor::client {
namespace {

constexpr std::int64_t friday = 5, days_of_week = 7;
constexpr std::int64_t first_weekday = 4;  // 1970-01-01 was a Thursday; Sunday is 0
constexpr std::int64_t cheap_amount = 30;  // in the major unit
constexpr std::size_t max_cities = 12;

std::string date_text(std::int64_t day) {
    std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

struct ShelfQuery {
    std::string heading, id;
    http::Pairs filters;
};

std::vector<ShelfQuery> queries(const App& app, const language::Texts& text) {
    auto now = app.clock.now();
    auto today = tonight(now, app.settings.time_zone), days = weekend(now, app.settings.time_zone);
    // Without decimals, which are zero: "$30", "30 $".
    auto limit = language::whole_price(cheap_amount, app.currency, text.language());
    auto below = Money::parse(std::to_string(cheap_amount), app.currency).value();
    --below.minor;
    return {{text("shelf.tonight"), "tonight", {{"from", today.from}, {"to", today.to}}},
            {text("shelf.weekend"), "weekend", {{"from", days.from}, {"to", days.to}}},
            {text("shelf.cheap", {{"price", limit}}),
             "cheap",
             {{"maxPrice", below.to_text()}, {"currency", std::string{app.currency.code()}}}}};
}

}  // namespace

Days tonight(Instant now, std::string_view time_zone) {
    auto today = date_text(time_zones::local_day(now, time_zone));
    return {today, today};
}

Days weekend(Instant now, std::string_view time_zone) {
    auto today = time_zones::local_day(now, time_zone);
    auto weekday = (today + first_weekday) % days_of_week;
    auto to_sunday = (days_of_week - weekday) % days_of_week;
    auto to_friday = weekday == 0 || weekday >= friday ? 0 : friday - weekday;
    return {date_text(today + to_friday), date_text(today + to_sunday)};
}

std::optional<std::string> shelf_heading(const Visit& visit, const Form& query) {
    auto is_all_of = [&](const ShelfQuery& shelf) {
        Form wanted{shelf.filters};
        return std::ranges::all_of(filters, [&](auto name) { return query[name] == wanted[name]; });
    };
    auto shelves = queries(visit.app, visit.text);
    auto found = std::ranges::find_if(shelves, is_all_of);
    return found == shelves.end() ? std::nullopt : std::optional{std::move(found->heading)};
}

Task<std::vector<Shelf>> shelves(Visit& visit) {
    std::vector<Shelf> all;
    for (auto& query : queries(visit.app, visit.text)) {
        std::string target = "/api/tickets?limit=8";
        for (const auto& [name, value] : query.filters) append_parameter(target, name, value);
        auto response = co_await visit.try_get("tickets", target);
        if (!response) continue;
        auto cards =
            cards_of(response->as<std::vector<Listing>>(), visit.viewer(), visit.app.clock.now(), visit.text);
        if (cards.empty()) continue;
        all.push_back({std::move(query.heading), std::move(query.id), search_url(Form{query.filters}),
                       std::move(cards)});
    }
    co_return all;
}

Task<std::vector<CityLink>> popular_cities(Visit& visit) {
    auto response = co_await visit.try_get("tickets", "/api/tickets/cities");
    std::vector<CityLink> links;
    if (!response) co_return links;
    for (auto& city : response->as<std::vector<CityListings>>()) {
        auto slug = slug_of(city.name);
        if (slug.empty() || links.size() == max_cities) continue;
        links.push_back({std::move(city.name), "/cities/" + http::percent_encode(slug)});
    }
    co_return links;
}

}  // namespace stagedoor::client
