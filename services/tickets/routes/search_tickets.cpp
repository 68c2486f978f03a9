// GET /api/tickets
//
//   200  a page of the listings that can be bought now: open, not sold out, not in the past
//   400  invalid filter, sort order, limit or cursor
#include "common/http/routing/cursor.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/search.hpp"

namespace stagedoor::tickets::routes {
namespace {

// "2026-05-01" means the whole day in UTC: its first millisecond, or with `end` its last.
std::optional<Instant> parse_date(const std::string& text, bool end) {
    if (text.size() == 10) return Instant::parse(text + (end ? "T23:59:59.999Z" : "T00:00:00Z"));
    return Instant::parse(text);
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
        if (text && !parse_date(*text, false)) reading.wrong_at(name, "Enter a date, e.g. 2026-05-01");
    };
    check_date(search.from, "from");
    check_date(search.to, "to");
    auto check_price = [&](const std::optional<Money>& price, std::string_view name) {
        if (price && price->minor > Money::highest_price(price->currency)) {
            auto max_price = Money{Money::highest_price(price->currency), price->currency};
            reading.wrong_at(name, "Enter a price of at most " + max_price.to_text());
        }
    };
    check_price(search.min_price, "minPrice");
    check_price(search.max_price, "maxPrice");
    if (search.currency && !Currency::parse(*search.currency))
        reading.wrong_at("currency", "Unsupported currency. Use a code such as USD");
}

Task<http::Page<Ticket>> search_tickets(App& app, http::Query<Search> query) {
    store::Filter filter{
        .words = query->q && !query->q->value.empty() ? std::optional{query->q->value} : std::nullopt,
        .category = query->category,
        .from = query->from ? parse_date(*query->from, false) : std::nullopt,
        .to = query->to ? parse_date(*query->to, true) : std::nullopt,
        .currency = query->currency ? Currency::parse(*query->currency) : std::nullopt,
        .min_price = query->min_price,
        .max_price = query->max_price,
        .seller = query->seller,
        .sort = query->sort.value_or(store::SortOrder::date)};
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
