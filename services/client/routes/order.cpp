// GET /orders/:id
//
//   200  the order: tickets, total, hold, payments and refunds. The page refreshes itself while a payment is
//        in progress. If payments is down, it says so instead of showing payments
//   303  not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such order
//   503  orders is down
//
// GET /orders/:id/calendar.ics
//
//   200  its events as a calendar file
//   404  none has a date, or its tickets are void; no such order
//
// POST /orders/:id/return (ticket)
//
//   303  to the order: the tickets of one listing are returned; or with the error: nothing has changed, or
//        the time is over
//
// POST /orders/:id/cancel
//
//   303  to the order, cancelled or with the error: it is paid, or a payment is in progress
#include "services/client/calendar.hpp"
#include "services/client/live/states.hpp"
#include "services/client/order_progress.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

// The same tickets once more, after a hold that expired.
struct AgainItem {
    std::string ticket, seen_price, seen_currency;
    std::int64_t amount = 1;
};
BOOST_DESCRIBE_STRUCT(AgainItem, (), (ticket, seen_price, seen_currency, amount))
struct HoldAgain {
    std::string key;
    std::vector<AgainItem> again_items;
};
BOOST_DESCRIBE_STRUCT(HoldAgain, (), (key, again_items))

struct OrderView {
    std::string id, status, tone, total, again, returning, state;
    std::optional<Hold> hold;
    std::optional<HoldAgain> again_on_sale;
    std::optional<std::string> message, made, made_iso, pay, cancel, notice, sheet, calendar;
    std::vector<ItemView> items;
    std::vector<ReturnView> returns;
    std::vector<PaymentView> payments;
    std::vector<FormError> errors;
    bool waiting = false, unknown_payments = false;
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (id, status, tone, total, again, returning, state, hold, again_on_sale, message, made,
                       made_iso, pay, cancel, notice, sheet, calendar, items, returns, payments, errors,
                       waiting, unknown_payments))

bool is_dated(const OrderItem& item) { return item.ticket.starts_at && !item.cancelled_at; }

HoldAgain hold_again(const Order& order, std::string key) {
    HoldAgain form{std::move(key), {}};
    for (const auto& item : order.items)
        form.again_items.push_back({item.ticket.id.text, item.ticket.price.to_text(),
                                    std::string{item.ticket.price.currency.code()}, item.quantity});
    return form;
}

OrderView view_of(const OrderProgress& progress, Instant now, const language::Texts& text) {
    const auto& order = progress.order;
    auto address = order_address(order.id);
    OrderView view{.id = order.id.text,
                   .status = order.all_void() ? text("order.cancelled") : order_status(order.status, text),
                   .tone = order.all_void() ? "" : status_tone(order.status),
                   .total = price(order.total, text.language()),
                   .again = address,
                   .returning = address + "/return",
                   .state = live::state_of(order)};
    view.message = progress.message(text);
    view.waiting = progress.waiting();
    if (order.created_at) {
        view.made = in_utc(*order.created_at, text.language());
        view.made_iso = order.created_at->to_text();
    }
    view.items = items_of(order, text);
    view.returns = returns_of(order, text);
    for (const auto& payment : progress.payments.value_or(std::vector<Payment>{}))
        view.payments.push_back(client::view_of(payment, text));
    if (order.status == "complete" && !order.all_void()) {
        view.sheet = address + "/tickets";
        if (std::ranges::any_of(order.items, is_dated)) view.calendar = address + "/calendar.ics";
    }
    if (progress.payable()) {
        view.hold = hold_of(order, now, text);
        view.pay = address + "/pay";
        view.cancel = address + "/cancel";
    }
    return view;
}

std::optional<std::string> notice_of(const OrderProgress& progress, std::string_view done,
                                     const language::Texts& text) {
    auto cancelled = progress.order.status == "cancelled";
    if (done == "cancelled" && cancelled) return text("order.cancelled_notice");
    if (done == "returned" && progress.order.any_returned()) return text("order.returned_notice");
    if (done == "paid" && !cancelled && (progress.waiting() || progress.order.status == "complete"))
        return text("order.thanks");
    return std::nullopt;
}

}  // namespace

Task<http::Response> order(Visit& visit) {
    (void)visit.need_user();
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    auto response =
        co_await visit.try_get("payments", "/api/payments?orderId=" + http::percent_encode(order.id.text));
    std::optional<std::vector<Payment>> payments;
    if (response) payments = response->as<std::vector<Payment>>();
    OrderProgress progress{order, payments};
    auto done = visit.query()["done"];
    auto view = view_of(progress, visit.app.clock.now(), visit.text);
    if (done == "paid") view.again += "?done=paid";
    view.unknown_payments = !response;
    view.errors = summary(visit.problems(), {});
    view.notice = notice_of(progress, done, visit.text);
    if (progress.expired()) view.again_on_sale = hold_again(order, visit.form_key());
    visit.waits = view.waiting;
    co_return visit.page(http::ok, "order.html", visit.text("order.heading"), view);
}

Task<http::Response> order_calendar(Visit& visit) {
    (void)visit.need_user();
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    std::vector<templates::CalendarEvent> events;
    for (const auto& item : order.items) {
        if (!is_dated(item)) continue;
        const auto& ticket = item.ticket;
        events.push_back({.order_id = order.id,
                          .ticket_id = ticket.id,
                          .title = ticket.title,
                          .starts_at = *ticket.starts_at,
                          .written_at = visit.app.clock.now(),
                          .place = place_of(ticket.venue, ticket.city),
                          .link = visit.app.origin + order_address(order.id)});
    }
    if (order.status != "complete" || events.empty()) throw NotFound();
    co_return calendar_response(events);
}

Task<http::Response> cancel_order(Visit& visit) {
    auto address = "/orders/" + http::percent_encode(visit.path_value());
    visit.form_page = address;
    (void)visit.need_user();
    auto response =
        co_await visit.send(http::Method::delete_, "orders", api_path("/api/orders", visit.path_value()));
    (void)response.or_throw();
    co_return visit.see_other(address + "?done=cancelled");
}

Task<http::Response> return_tickets(Visit& visit) {
    auto address = "/orders/" + http::percent_encode(visit.path_value());
    visit.form_page = address;
    (void)visit.need_user();
    json::Object body{{"ticketId", json::Value{visit.form()["ticket"]}}};
    auto response = co_await visit.send(http::Method::post, "orders",
                                        api_path("/api/orders", visit.path_value()) + "/return",
                                        json::Value{std::move(body)});
    (void)response.or_throw();
    co_return visit.see_other(address + "?done=returned");
}

Task<http::Response> parent_page(Visit& visit) {
    auto target = visit.request.target.substr(0, visit.request.target.find('?'));
    auto parent = target.substr(0, target.rfind('/'));
    co_return visit.see_other(parent.empty() ? "/" : parent);
}

}  // namespace stagedoor::client::routes
