// GET /orders/:id/pay
//
//   200  the total, the remaining time and the provider's form
//   303  can't be paid (now or any more): to the order; not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such order
//   503  orders or payments is down
//
// POST /orders/:id/pay
//
// The form's key makes a double click one charge.
//   303  paid: to the order, which says thank you; not signed in: to sign-in
//   400, 402  not charged: the page with the reason and a new key for the next attempt
//   409  can't be paid (any more, or twice): the order with the reason
//   503  outcome unknown: a page that repeats the request under the same key
#include <array>

#include "services/client/order_progress.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

// The tokens of the test provider and their outcomes.
constexpr std::array test_cards{
    Named{"tok_visa", "Payment succeeds"}, Named{"tok_chargeDeclined", "Card is declined"},
    Named{"tok_chargeDeclinedInsufficientFunds", "Insufficient funds"},
    Named{"tok_slow", "Slow bank: replies after 5 seconds"}, Named{"tok_answerLost", "Bank’s reply is lost"}};

struct TestForm {
    std::vector<Option> cards;
};
BOOST_DESCRIBE_STRUCT(TestForm, (), (cards))

struct StripeForm {
    std::string publishable_key, stripe_script;
};
BOOST_DESCRIBE_STRUCT(StripeForm, (), (publishable_key, stripe_script))

struct PayView {
    std::string action, back, total, key;
    std::optional<Hold> hold;
    std::vector<ItemView> items;
    std::vector<FormError> errors;
    std::optional<TestForm> test_form;
    std::optional<StripeForm> stripe_form;
    bool still_held = false;
};
BOOST_DESCRIBE_STRUCT(PayView, (),
                      (action, back, total, key, hold, items, errors, test_form, stripe_form, still_held))

struct UnknownView {
    std::string action, back, key, token;
};
BOOST_DESCRIBE_STRUCT(UnknownView, (), (action, back, key, token))

TestForm test_form(std::string_view chosen) {
    TestForm form;
    for (const auto& [token, label] : test_cards)
        form.cards.push_back({std::string{token}, std::string{label}, token == chosen});
    return form;
}

Task<http::Response> pay_page(Visit& visit, int status, const Problems& problems, std::string_view chosen) {
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    auto address = order_address(order.id);
    // orders learns of a failed attempt a moment after the buyer.
    auto failed = status != http::ok && order.status == "awaiting:payment";
    if (order.status != "created" && !failed) co_return visit.see_other(address);
    auto provider = (co_await visit.get("payments", "/api/payments/provider")).as<Provider>();
    PayView view{.action = address + "/pay",
                 .back = address,
                 .total = price(order.total),
                 .key = visit.new_key(),
                 .hold = {},
                 .items = items_of(order)};
    if (!failed) view.hold = hold_of(order, visit.app.clock.now());
    view.still_held = view.hold && view.hold->seconds > 0;
    view.errors = summary(problems, {});
    if (provider.publishable_key) {
        view.stripe_form = StripeForm{*provider.publishable_key, visit.app.theme()->url("stripe.js")};
        visit.allow_stripe();
    } else {
        view.test_form = test_form(chosen);
    }
    co_return visit.page(status, "pay.html", "Pay", view);
}

}  // namespace

Task<http::Response> pay(Visit& visit) {
    (void)visit.need_user();
    co_return co_await pay_page(visit, http::ok, {}, test_cards.front().first);
}

Task<http::Response> send_payment(Visit& visit) {
    (void)visit.need_user(visit.request.path);
    auto address = order_address(OrderId{visit.path_value()});
    auto form = visit.form();
    auto key = form["key"], token = form["token"];
    auto body = json::Object{{"orderId", json::Value{visit.path_value()}}, {"token", json::Value{token}}};
    std::optional<ServiceResponse> response;
    try {
        response = co_await visit.send_form("payments", "/api/payments", json::Value{std::move(body)}, key);
    } catch (const ServiceUnavailable&) {
    }
    if (!response) {
        UnknownView view{address + "/pay", address, key, token};
        co_return visit.page(http::status_of(ErrorKind::unavailable), "payment_unknown.html",
                             "Checking your payment", view);
    }
    if (response->is(ErrorKind::invalid) || response->is(ErrorKind::declined))
        co_return co_await pay_page(visit, response->status, response->problems(), token);
    if (response->is(ErrorKind::conflict))
        co_return co_await order_page(visit, response->status, response->problems());
    (void)response->or_throw();
    co_return visit.see_other(address + "?done=paid");
}

}  // namespace stagedoor::client::routes
