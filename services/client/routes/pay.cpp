// GET /orders/:id/pay
//
//   200  the check-out: tickets, total, remaining time, the provider's form, cancelling; after an attempt
//        whose outcome is unknown, a page that refreshes itself until it is known
//   303  can't be paid (now or any more): to the order; not signed in: to sign-in
//   403  belongs to somebody else
//   404  no such order
//   503  orders is down, or payments is: then the page has no form
//
// POST /orders/:id/pay
//
// The form's key makes a double click one charge.
//   303  paid: to the order, which says thank you. Declined: to the page, with the reason and a new key for
//        the next attempt. Can't be paid (any more, or twice): to the order, with the reason. Unknown
//        outcome: to the page, which keeps the key
#include <array>

#include "services/client/live/states.hpp"
#include "services/client/order_progress.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

// The tokens of the test provider and their outcomes.
constexpr std::array test_cards{Named{"tok_visa", "pay.test_ok"},
                                Named{"tok_chargeDeclined", "pay.test_declined"},
                                Named{"tok_chargeDeclinedInsufficientFunds", "pay.test_funds"},
                                Named{"tok_slow", "pay.test_slow"}, Named{"tok_answerLost", "pay.test_lost"}};

struct TestForm {
    std::vector<Option> cards;
};
BOOST_DESCRIBE_STRUCT(TestForm, (), (cards))

struct StripeForm {
    std::string publishable_key, stripe_script;
};
BOOST_DESCRIBE_STRUCT(StripeForm, (), (publishable_key, stripe_script))

struct PayView {
    std::string id, state, action, back, cancel, total, key;
    std::optional<std::string> notice;
    std::optional<Hold> hold;
    std::vector<ItemView> items;
    std::vector<FormError> errors;
    std::optional<TestForm> test_form;
    std::optional<StripeForm> stripe_form;
    bool still_held = false, unavailable = false;
};
BOOST_DESCRIBE_STRUCT(PayView, (),
                      (id, state, action, back, cancel, total, key, notice, hold, items, errors, test_form,
                       stripe_form, still_held, unavailable))

struct UnknownView {
    std::string again, back, id;
};
BOOST_DESCRIBE_STRUCT(UnknownView, (), (again, back, id))

TestForm test_form(const language::Texts& text, std::string_view chosen) {
    TestForm form;
    for (const auto& [token, label] : test_cards)
        form.cards.push_back({std::string{token}, text(label), token == chosen});
    return form;
}

bool is_test_card(std::string_view token) {
    return std::ranges::find(test_cards, token, &Named::first) != test_cards.end();
}

http::Response unknown_page(Visit& visit, const Order& order) {
    visit.waits = true;
    UnknownView view{visit.request.target, order_address(order.id), order.id.text};
    return visit.page(http::ok, "payment_unknown.html", visit.text("pay.checking"), view);
}

void add_form(Visit& visit, const Provider& provider, PayView& view) {
    if (provider.publishable_key) {
        view.stripe_form = StripeForm{*provider.publishable_key, visit.app.theme()->url("stripe.js")};
        visit.allow_stripe();
    } else {
        auto chosen = visit.entered()["token"];
        view.test_form = test_form(visit.text, chosen.empty() ? test_cards.front().first : chosen);
    }
}

Task<http::Response> pay_page(Visit& visit, const Order& order) {
    auto address = order_address(order.id);
    // The order's cell may have an account of its own.
    auto query = visit.app.cells.empty() ? "" : "?orderId=" + http::percent_encode(order.id.text);
    auto response = co_await visit.try_get("payments", "/api/payments/provider" + query);
    PayView view{.id = order.id.text,
                 .state = live::state_of(order),
                 .action = address + "/pay",
                 .back = address,
                 .cancel = address + "/cancel",
                 .total = price(order.total, visit.language),
                 .key = visit.form_key(),
                 .hold = hold_of(order, visit.app.clock.now(), visit.text),
                 .items = items_of(order, visit.text)};
    view.still_held = view.hold->seconds > 0;
    view.errors = summary(visit.problems(), {});
    if (visit.query()["done"] == "held") view.notice = visit.text("order.held_notice");
    view.unavailable = !response;
    if (response) add_form(visit, response->as<Provider>(), view);
    co_return visit.page(response ? http::ok : http::status_of(ErrorKind::unavailable), "pay.html",
                         visit.text("pay.title"), view);
}

}  // namespace

Task<http::Response> pay(Visit& visit) {
    (void)visit.need_user();
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    auto address = order_address(order.id);
    auto status = visit.draft ? visit.draft->status : 0;
    if (status >= http::internal_error) {
        auto response = co_await visit.try_get(
            "payments", "/api/payments?orderId=" + http::percent_encode(order.id.text));
        std::optional<std::vector<Payment>> payments;
        if (response) payments = response->as<std::vector<Payment>>();
        OrderProgress progress{order, payments};
        if (progress.paid()) co_return visit.see_other(address + "?done=paid");
        if (!payments || progress.waiting()) co_return unknown_page(visit, order);
    }
    // orders learns of a failed attempt a moment after the buyer.
    auto failed = http::error_kind_of(static_cast<int>(status)) == ErrorKind::declined &&
                  order.status == "awaiting:payment";
    if (order.status != "created" && !failed) {
        auto draft = visit.query()["draft"];
        co_return visit.see_other(draft.empty() ? address : with_parameter(address, "draft", draft));
    }
    co_return co_await pay_page(visit, order);
}

Task<http::Response> send_payment(Visit& visit) {
    (void)visit.need_user();
    auto address = order_address(OrderId{visit.path_value()});
    auto form = visit.form();
    auto token = form["token"];
    if (is_test_card(token)) visit.keep("token");
    auto body = json::Object{{"orderId", json::Value{visit.path_value()}}, {"token", json::Value{token}}};
    auto response =
        co_await visit.send_form("payments", "/api/payments", json::Value{std::move(body)}, form["key"]);
    if (response.is(ErrorKind::conflict)) visit.form_page = address;
    (void)response.or_throw();
    co_return visit.see_other(address + "?done=paid");
}

}  // namespace stagedoor::client::routes
