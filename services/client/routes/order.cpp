// GET /orders/:id
//
//   200  the order: its tickets, its total, and until when they are held
//   303  not signed in: to sign in
//   403  somebody else's
//   404  no such order
//   503  orders is away
//
// POST /orders/:id/cancel
//
//   303  cancelled: back to the order
//   409  paid, or a payment is under way: the order again
#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct ItemView {
    std::string address, title, each, sum;
    std::int64_t amount = 1;
};
BOOST_DESCRIBE_STRUCT(ItemView, (), (address, title, each, sum, amount))

struct Hold {
    std::string left, until, until_iso;
    std::int64_t seconds = 0;
};
BOOST_DESCRIBE_STRUCT(Hold, (), (left, until, until_iso, seconds))

struct OrderView {
    std::string id, status, tone, total;
    std::optional<Hold> hold;
    std::optional<std::string> words, made, made_iso, cancel, notice;
    std::vector<ItemView> items;
    std::vector<FormError> errors;
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (id, status, tone, total, hold, words, made, made_iso, cancel, notice, items, errors))

std::optional<std::string> words_for(const Order& order) {
    if (order.status == "complete") return "Paid. The tickets are yours.";
    if (order.status == "awaiting:payment") return "A payment is under way. This page shows how it ends.";
    if (order.status != "cancelled") return std::nullopt;
    if (order.reason == "expired") return "The hold ran out, so the tickets went back on sale.";
    return "The tickets went back on sale.";
}

ItemView item_of(const OrderItem& item) {
    auto sum = Money{item.ticket.price.minor * item.quantity, item.ticket.price.currency};
    return {listing_address(item.ticket.id), item.ticket.title, price(item.ticket.price), price(sum),
            item.quantity};
}

OrderView view_of(const Order& order, Instant now) {
    OrderView view{.id = order.id.text,
                   .status = order_status(order.status),
                   .tone = status_tone(order.status),
                   .total = price(order.total)};
    view.words = words_for(order);
    if (order.created_at) {
        view.made = day_and_time(*order.created_at, "UTC") + " UTC";
        view.made_iso = order.created_at->to_text();
    }
    for (const auto& item : order.items) view.items.push_back(item_of(item));
    if (order.status == "created") {
        auto left = order.expires_at - now;
        view.hold =
            Hold{time_left(left), day_and_time(order.expires_at, "UTC") + " UTC", order.expires_at.to_text(),
                 std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count())};
        view.cancel = "/orders/" + http::percent_encode(order.id.text) + "/cancel";
    }
    return view;
}

}  // namespace

Task<http::Response> order_page(Visit& visit, int status, Problems problems) {
    auto said = co_await visit.get("orders", api_path("/api/orders", visit.path_value()));
    auto view = view_of(said.as<Order>(), visit.app.clock.now());
    view.errors = summary(problems, {});
    auto done = visit.query()["done"];
    if (done == "held" && view.hold) view.notice = "These tickets are held for you.";
    if (done == "cancelled" && !view.hold) view.notice = "The order is cancelled.";
    co_return visit.page(status, "order.html", "Your order", view);
}

Task<http::Response> order(Visit& visit) {
    (void)visit.need_user();
    co_return co_await order_page(visit, 200, {});
}

Task<http::Response> cancel_order(Visit& visit) {
    auto address = "/orders/" + http::percent_encode(visit.path_value());
    (void)visit.need_user(address);
    auto said =
        co_await visit.send(http::Method::delete_, "orders", api_path("/api/orders", visit.path_value()));
    if (said.status == 409) co_return co_await order_page(visit, 409, said.problems());
    (void)said.or_refuse();
    co_return visit.see_other(address + "?done=cancelled");
}

Task<http::Response> go_up(Visit& visit) {
    auto target = visit.request.target.substr(0, visit.request.target.find('?'));
    co_return visit.see_other(target.substr(0, target.rfind('/')));
}

}  // namespace stagedoor::client::routes
