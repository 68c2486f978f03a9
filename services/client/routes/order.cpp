// GET /orders/:id
//
//   200  the order: its tickets, its total, until when they are held, what was paid and what went back; while a payment
//        is under way the page asks again by itself. Without payments it says that those can't be shown
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
#include "services/client/order_view.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

struct OrderView {
    std::string id, status, tone, total, again;
    std::optional<Hold> hold;
    std::optional<std::string> words, made, made_iso, pay, cancel, notice;
    std::vector<ItemView> items;
    std::vector<PaymentView> payments;
    std::vector<FormError> errors;
    bool waiting = false, unknown_payments = false;
};
BOOST_DESCRIBE_STRUCT(OrderView, (),
                      (id, status, tone, total, again, hold, words, made, made_iso, pay, cancel, notice,
                       items, payments, errors, waiting, unknown_payments))

OrderView view_of(const Standing& standing, Instant now) {
    const auto& order = standing.order;
    auto address = order_address(order.id);
    OrderView view{.id = order.id.text,
                   .status = order.called_off() ? "Called off" : order_status(order.status),
                   .tone = order.called_off() ? "" : status_tone(order.status),
                   .total = price(order.total),
                   .again = address};
    view.words = standing.words();
    view.waiting = standing.waiting();
    if (order.created_at) {
        view.made = day_and_time(*order.created_at, "UTC") + " UTC";
        view.made_iso = order.created_at->to_text();
    }
    view.items = items_of(order);
    for (const auto& payment : standing.payments.value_or(std::vector<Payment>{}))
        view.payments.push_back(client::view_of(payment));
    if (standing.payable()) {
        view.hold = hold_of(order, now);
        view.pay = address + "/pay";
        view.cancel = address + "/cancel";
    }
    return view;
}

std::optional<std::string> notice_of(const Standing& standing, std::string_view done) {
    if (done == "held" && standing.payable()) return "These tickets are held for you.";
    auto cancelled = standing.order.status == "cancelled";
    if (done == "cancelled" && cancelled) return "The order is cancelled.";
    if (done == "paid" && !cancelled && (standing.waiting() || standing.order.status == "complete"))
        return "Thank you.";
    return std::nullopt;
}

}  // namespace

Task<http::Response> order_page(Visit& visit, int status, Problems problems) {
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    auto said =
        co_await visit.try_get("payments", "/api/payments?orderId=" + http::percent_encode(order.id.text));
    std::optional<std::vector<Payment>> payments;
    if (said) payments = said->as<std::vector<Payment>>();
    Standing standing{order, payments};
    auto done = visit.query()["done"];
    auto view = view_of(standing, visit.app.clock.now());
    if (done == "paid") view.again += "?done=paid";
    view.unknown_payments = !said;
    view.errors = summary(problems, {});
    view.notice = notice_of(standing, done);
    visit.waits = view.waiting;
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
