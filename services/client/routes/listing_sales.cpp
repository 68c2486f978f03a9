// GET /tickets/:id/sales
//
// The orders of a listing, for its seller: what was ordered, not by whom.
//   200  tickets sold on each of the last 30 days as a plot; all orders, newest first, page by page
//   303  not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such listing
//   503  tickets or orders is down
//
// GET /tickets/:id/sales.csv
//
//   200  the newest 10,000 orders as CSV (RFC 4180), with times in UTC
#include <fmt/format.h>

#include <iterator>

#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/sales_plot.hpp"
#include "services/client/search.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct SaleLine {
    std::string at, at_iso, order, count, total, status, tone;
};
BOOST_DESCRIBE_STRUCT(SaleLine, (), (at, at_iso, order, count, total, status, tone))

struct ListingSalesView {
    std::string title, address, zone;
    bool first_page = true;
    std::optional<Plot> plot;
    std::vector<SaleLine> rows;
    std::optional<std::string> next, file;
};
BOOST_DESCRIBE_STRUCT(ListingSalesView, (), (title, address, zone, first_page, plot, rows, next, file))

std::string sale_tone(std::string_view status) {
    if (status == "paid") return "good";
    return status == "held" || status == "paying" ? "warn" : "";
}

SaleLine row_of(const Sale& sale, const language::Texts& text) {
    return {.at = in_utc(sale.created_at, text.language()),
            .at_iso = sale.created_at.to_text(),
            .order = sale.order_id.text,
            .count = text("count.tickets", {{"count", sale.quantity}}),
            .total = price(sale.total, text.language()),
            .status = text("status." + sale.status),
            .tone = sale_tone(sale.status)};
}

std::string sales_target(std::string_view path, const TicketId& ticket) {
    std::string target{path};
    append_parameter(target, "ticketId", ticket.text);
    return target;
}

Task<std::optional<Plot>> plot_of_listing(Visit& visit, const TicketId& ticket, const RecentDays& days) {
    auto target = sales_target("/api/orders/sales/days?days=" + std::to_string(days.count), ticket);
    append_parameter(target, "timeZone", days.zone);
    auto sold = co_await visit.try_get("orders", std::move(target));
    if (!sold) co_return std::nullopt;
    co_return tickets_plot(sold->as<std::vector<SoldDay>>(), days, visit.text);
}

}  // namespace

Task<http::Response> listing_sales(Visit& visit) {
    auto listing = co_await own_listing(visit);
    auto address = listing_address(listing.id);
    auto after = visit.query()["after"];
    auto target = sales_target("/api/orders/sales?limit=20", listing.id);
    append_parameter(target, "after", after);
    auto response = co_await visit.get("orders", std::move(target));
    RecentDays days{visit.app.clock.now(), 30, visit.app.settings.time_zone};
    ListingSalesView view{.title = listing.title,
                          .address = address,
                          .zone = days.zone,
                          .first_page = after.empty(),
                          .plot = {},
                          .rows = {},
                          .next = {},
                          .file = {}};
    for (const auto& sale : response.as<std::vector<Sale>>()) view.rows.push_back(row_of(sale, visit.text));
    if (view.first_page) view.plot = co_await plot_of_listing(visit, listing.id, days);
    if (!view.rows.empty()) view.file = address + "/sales.csv";
    if (auto next = response.next()) view.next = address + "/sales?after=" + http::percent_encode(*next);
    co_return visit.page(http::ok, "listing_sales.html",
                         visit.text("sales.title", {{"title", std::string_view{listing.title}}}), view);
}

Task<http::Response> listing_sales_file(Visit& visit) {
    auto listing = co_await own_listing(visit);
    constexpr int max_pages = 100;  // of 100 orders
    std::string csv = "order,time,tickets,total,currency,status\r\n";
    std::string after;
    for (int page = 0; page < max_pages; ++page) {
        auto target = sales_target("/api/orders/sales?limit=100", listing.id);
        append_parameter(target, "after", after);
        auto response = co_await visit.get("orders", std::move(target));
        // None of these values has a comma, a quote or a line break, or begins like a formula.
        for (const auto& sale : response.as<std::vector<Sale>>()) {
            fmt::format_to(std::back_inserter(csv), "{},{},{},{},{},{}\r\n", sale.order_id.text,
                           sale.created_at.to_text(), sale.quantity, sale.total.to_text(),
                           sale.total.currency.code(), sale.status);
        }
        auto next = response.next();
        if (!next) break;
        after = *next;
    }
    http::Response response{.status = http::ok, .headers = {}, .body = std::move(csv)};
    response.headers.add("Content-Type", "text/csv; charset=utf-8; header=present");
    response.headers.add("Content-Disposition", "attachment; filename=\"orders.csv\"");
    response.headers.add("Cache-Control", "no-store");
    co_return response;
}

}  // namespace stagedoor::client::routes
