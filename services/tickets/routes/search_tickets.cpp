// GET /api/tickets
//
//   200  a page of the listings that can be bought now: open, not sold out, not in the past
//   400  invalid filter, sort order, limit or cursor; a price without a currency
#include "common/http/routing/cursor.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/search.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::routes {
namespace {

constexpr std::size_t date_length = 10;  // "2026-05-01"

// A date means the whole day at each event's place: days since 1970-01-01. nullopt for anything else.
std::optional<std::int64_t> parse_day(const std::optional<std::string>& text) {
    if (!text || text->size() != date_length) return std::nullopt;
    auto midnight = Instant::parse(*text + "T00:00:00Z");
    if (!midnight) return std::nullopt;
    return std::chrono::milliseconds{midnight->milliseconds} / std::chrono::days{1};
}

std::optional<Instant> parse_time(const std::optional<std::string>& text) {
    return text ? Instant::parse(*text) : std::nullopt;
}

// Everything that determines the results, so that a cursor of another query is rejected.
std::string identity(const Search& search) {
    auto plain = search;
    plain.after.reset();
    plain.limit = {};
    return json::to_json(plain);
}

}  // namespace

void check(const Search& search, json::Reading& reading) {
    auto check_date = [&](const std::optional<std::string>& text, std::string_view name) {
        if (text && !parse_day(text) && !parse_time(text))
            reading.add_error_at(name, "Enter a date, e.g. 2026-05-01"_text);
    };
    check_date(search.from, "from");
    check_date(search.to, "to");
    auto check_price = [&](const std::optional<Money>& price, std::string_view name) {
        auto about_it = [&](const Problem& problem) { return problem.field == name; };
        if (!price || std::ranges::any_of(reading.problems, about_it)) return;
        auto max_price = Money{price->currency.max_price(), price->currency};
        if (*price > max_price)
            reading.add_error_at(name,
                                 "Enter a price of at most {price}"_text.with("price", max_price.to_text()));
        if (!search.currency) reading.add_error_at("currency", "Choose a currency to filter by price"_text);
    };
    check_price(search.min_price, "minPrice");
    check_price(search.max_price, "maxPrice");
}

store::Filter filter_of(const Search& search) {
    auto city = search.city ? std::optional{store::city_key(search.city->value)} : std::nullopt;
    auto event = search.event ? std::optional{search.event->value} : std::nullopt;
    return {.words = search.q && !search.q->value.empty() ? std::optional{search.q->value} : std::nullopt,
            .category = search.category,
            .city = city && !city->empty() ? city : std::nullopt,
            .event = std::move(event),
            .from_day = parse_day(search.from),
            .to_day = parse_day(search.to),
            .from = parse_time(search.from),
            .to = parse_time(search.to),
            .currency = search.currency,
            .min_price = search.min_price,
            .max_price = search.max_price,
            .seller = search.seller,
            .sort = search.sort.value_or(store::SortOrder::date)};
}

Task<http::Page<Ticket>> search_tickets(App& app, http::Query<Search> query) {
    auto filter = filter_of(*query);
    auto collection = identity(*query);
    std::optional<http::Cursor> after;
    if (query->after) after = http::Cursor::parse(query->after->value, collection);
    auto result = co_await app.db.read([&, now = app.clock.now()](sql::Tx& tx) {
        return store::search(tx, filter, after, query->limit, now);
    });
    http::Page<Ticket> page{std::move(result.tickets), std::nullopt};
    if (result.last) page.next = result.last->to_text(collection);
    co_return page;
}

}  // namespace stagedoor::tickets::routes
