// GET /selling/money?days=&currency=&after=
//
// A seller's sales and money.
//   200  figures and a plot of the last 30 or 90 days in one currency; all sales and refunds, page by page
//   303  not signed in: to sign-in
//   503  payments is down
#include <algorithm>
#include <map>

#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/sales_plot.hpp"
#include "services/client/search.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct Choice {
    std::string address, label;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(Choice, (), (address, label, current))

struct Totals {
    std::string tickets, sold, fees, refunded, kept;
};
BOOST_DESCRIBE_STRUCT(Totals, (), (tickets, sold, fees, refunded, kept))

struct LedgerItem {
    std::string item_title, item_address;
    std::optional<std::string> count;
};
BOOST_DESCRIBE_STRUCT(LedgerItem, (), (item_title, item_address, count))

struct LedgerRow {
    std::string kind, at, at_iso, order, amount, fee, net;
    std::vector<LedgerItem> entry_items;
    bool refund = false;
};
BOOST_DESCRIBE_STRUCT(LedgerRow, (), (kind, at, at_iso, order, amount, fee, net, entry_items, refund))

struct MoneyView {
    std::string period, zone;
    bool first_page = true;
    std::vector<Choice> periods, currencies;
    std::optional<Totals> totals;
    std::optional<Plot> plot;
    std::vector<LedgerRow> ledger;
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(MoneyView, (),
                      (period, zone, first_page, periods, currencies, totals, plot, ledger, next))

// Amounts of the ledger are never negative, differences may be.
std::string signed_price(Money money, Language language) {
    if (money.minor >= 0) return price(money, language);
    return "−" + price({-money.minor, money.currency}, language);
}

Totals totals_of(const std::vector<SalesDay>& sales, Currency currency, Language language) {
    std::int64_t tickets = 0, sold = 0, fees = 0, refunded = 0;
    for (const auto& day : sales) {
        if (day.sold.currency != currency) continue;
        tickets += day.tickets - day.tickets_returned;
        sold += day.sold.minor;
        fees += day.fees.minor - day.fees_returned.minor;
        refunded += day.refunded.minor;
    }
    auto money = [&](std::int64_t minor) { return signed_price({minor, currency}, language); };
    return {grouped(tickets, language), money(sold), money(fees), money(refunded),
            money(sold - fees - refunded)};
}

LedgerRow row_of(const LedgerEntry& entry, const language::Texts& text) {
    auto is_refund = entry.kind == "refund";
    auto language = text.language();
    auto signed_amount = [&](std::int64_t minor) {
        return signed_price({is_refund ? -minor : minor, entry.amount.currency}, language);
    };
    LedgerRow row{.kind = text(is_refund ? "money.refund" : "money.sale"),
                  .at = in_utc(entry.at, language),
                  .at_iso = entry.at.to_text(),
                  .order = entry.order_id.text,
                  .amount = signed_amount(entry.amount.minor),
                  .fee = signed_amount(-entry.fee.minor),
                  .net = signed_amount(entry.amount.minor - entry.fee.minor),
                  .entry_items = {},
                  .refund = is_refund};
    for (const auto& ticket : entry.tickets) {
        LedgerItem item{ticket.title.value_or(text("money.listing")), listing_address(ticket.id), {}};
        if (ticket.quantity) item.count = text("count.tickets", {{"count", *ticket.quantity}});
        row.entry_items.push_back(std::move(item));
    }
    return row;
}

std::string address_of(std::int64_t days, std::string_view currency) {
    std::string address = "/selling/money?days=" + std::to_string(days);
    append_parameter(address, "currency", currency);
    return address;
}

using DaysByCurrency = std::map<Currency, int>;  // on which something was sold

// The one asked for, or the one with the most days.
Currency currency_of_page(const DaysByCurrency& days, std::string_view wanted) {
    auto chosen = Currency::parse(wanted);
    if (chosen && days.contains(*chosen)) return *chosen;
    return std::ranges::max_element(days, {}, &DaysByCurrency::value_type::second)->first;
}

Task<> add_days(Visit& visit, MoneyView& view) {
    constexpr std::int64_t month = 30, quarter = 90;
    auto query = visit.query();
    RecentDays days{visit.app.clock.now(), query["days"] == "90" ? quarter : month,
                    visit.app.settings.time_zone};
    auto sales = (co_await visit.get("payments", sales_address(days))).as<std::vector<SalesDay>>();
    view.period = visit.text("money.last_days", {{"count", days.count}});
    view.zone = days.zone;
    for (auto count : {month, quarter}) {
        view.periods.push_back({address_of(count, query["currency"]),
                                visit.text("money.last_days", {{"count", count}}), count == days.count});
    }
    DaysByCurrency all;
    for (const auto& day : sales) ++all[day.sold.currency];
    if (all.empty()) co_return;
    auto currency = currency_of_page(all, query["currency"]);
    for (const auto& [each, count] : all) {
        if (all.size() > 1)
            view.currencies.push_back(
                {address_of(days.count, each.code()), std::string{each.code()}, each == currency});
    }
    view.totals = totals_of(sales, currency, visit.language);
    view.plot = money_plot(sales, currency, days, visit.text);
}

}  // namespace

Task<http::Response> money(Visit& visit) {
    (void)visit.need_user();
    auto after = visit.query()["after"];
    MoneyView view{.first_page = after.empty()};
    if (view.first_page) co_await add_days(visit, view);
    std::string target = "/api/payments/ledger?limit=20";
    append_parameter(target, "after", after);
    auto response = co_await visit.get("payments", std::move(target));
    for (const auto& entry : response.as<std::vector<LedgerEntry>>())
        view.ledger.push_back(row_of(entry, visit.text));
    if (auto next = response.next()) view.next = "/selling/money?after=" + http::percent_encode(*next);
    co_return visit.page(http::ok, "money.html", visit.text("money.heading"), view);
}

}  // namespace stagedoor::client::routes
