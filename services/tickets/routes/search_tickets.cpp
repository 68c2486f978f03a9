// GET /api/tickets
//
//   200  what can be bought now, page by page; sold out, withdrawn and past ones are left out
//   400  a filter, sort order, limit or cursor that isn't one
#include "common/http/routing/cursor.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/search.hpp"

namespace stagedoor::tickets::routes {
namespace {

// "2026-05-01" is the whole day in UTC: its first millisecond, or with `end` its last.
std::optional<Instant> parse_date(const std::string& text, bool end) {
    if (text.size() == 10) return Instant::parse(text + (end ? "T23:59:59.999Z" : "T00:00:00Z"));
    return Instant::parse(text);
}

// Everything that decides what the pages hold, so that a cursor of another query is refused.
std::string identity(const Search& search) {
    auto plain = search;
    plain.after.reset();
    plain.limit = {};
    return json::to_json(plain);
}

}  // namespace

void check(const Search& search, json::Reading& reading) {
    auto check_date = [&](const std::optional<std::string>& text, std::string_view name) {
        if (text && !parse_date(*text, false)) reading.wrong_at(name, "must be a date such as 2026-05-01");
    };
    check_date(search.from, "from");
    check_date(search.to, "to");
    auto check_price = [&](const std::optional<Money>& price, std::string_view name) {
        if (price && price->minor > Money::highest_price(price->currency)) {
            reading.wrong_at(name, "is more than any ticket costs");
        }
    };
    check_price(search.min_price, "minPrice");
    check_price(search.max_price, "maxPrice");
    if (search.currency && !Currency::parse(*search.currency))
        reading.wrong_at("currency", "must be the code of a currency that we sell in, such as USD");
}

Task<http::Page<Ticket>> search_tickets(App& app, http::Query<Search> query) {
    store::Wanted wanted{
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
    auto found = co_await app.db.read([&, now = app.clock.now()](sql::Tx& tx) {
        return store::search(tx, wanted, after, query->limit, now);
    });
    http::Page<Ticket> page{std::move(found.tickets), std::nullopt};
    if (found.last) page.next = found.last->to_text(collection);
    co_return page;
}

}  // namespace stagedoor::tickets::routes
