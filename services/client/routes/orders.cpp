// GET /orders
//
//   200  the buyer's own orders, newest first, page by page; without those of a cell that is down, as it says
//   303  not signed in: to sign-in
//   503  orders is down
#include "common/service/cell_client.hpp"
#include "services/client/calendar.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct OrderRow {
    std::string address, title, count, total, status, tone;
    std::optional<std::string> made, made_iso, until, until_iso;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (),
                      (address, title, count, total, status, tone, made, made_iso, until, until_iso))

struct OrdersView {
    std::vector<OrderRow> rows;
    std::optional<std::string> next;
    bool incomplete = false;
};
BOOST_DESCRIBE_STRUCT(OrdersView, (), (rows, next, incomplete))

std::string title_of(const Order& order, const language::Texts& text) {
    if (order.items.empty()) return text("orders.order");
    auto others = std::ssize(order.items) - 1;
    const auto& title = order.items.front().ticket.title;
    return others == 0 ? title : text("orders.and_others", {{"title", title}, {"count", others}});
}

OrderRow row_of(const Order& order, const language::Texts& text) {
    std::int64_t tickets = 0;
    for (const auto& item : order.items) tickets += item.quantity;
    OrderRow row{.address = "/orders/" + http::percent_encode(order.id.text),
                 .title = title_of(order, text),
                 .count = text("count.tickets", {{"count", tickets}}),
                 .total = price(order.total, text.language()),
                 .status = order.all_void() ? text("order.cancelled") : order_status(order.status, text),
                 .tone = order.all_void() ? "" : status_tone(order.status)};
    if (order.created_at) {
        row.made = date_only(*order.created_at, "UTC", text.language());
        row.made_iso = order.created_at->to_text();
    }
    if (order.status == "created") {
        row.until = clock_time(order.expires_at, "UTC") + " UTC";
        row.until_iso = order.expires_at.to_text();
    }
    return row;
}

}  // namespace

Task<http::Response> orders(Visit& visit) {
    (void)visit.need_user();
    auto after = visit.query()["after"];
    auto response = co_await visit.get(
        "orders", "/api/orders?limit=20" + (after.empty() ? "" : "&after=" + http::percent_encode(after)));
    OrdersView view;
    for (const auto& order : response.as<std::vector<Order>>())
        view.rows.push_back(row_of(order, visit.text));
    view.incomplete = response.headers.has(CellClient::missing_cells);
    if (auto next = response.next()) view.next = "/orders?after=" + http::percent_encode(*next);
    co_return visit.page(http::ok, "orders.html", visit.text("layout.my_orders"), view);
}

}  // namespace stagedoor::client::routes
