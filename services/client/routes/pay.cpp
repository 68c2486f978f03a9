// GET /orders/:id/pay
//
//   200  what is to be paid and until when, with the provider's form
//   303  not to be paid (any more, or at this moment): to the order; not signed in: to sign in
//   403  somebody else's
//   404  no such order
//   503  orders or payments is away
//
// POST /orders/:id/pay
//
// The form's key makes a double click one charge.
//   303  paid: to the order, which says thank you; not signed in: to sign in
//   400, 402  not charged: the page again with the reason, and a new key for another try
//   409  not to be paid (any more, or twice): the order, which tells why
//   503  nobody knows yet: a page that asks once more under the same key
#include <array>

#include "services/client/order_view.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client::routes {
namespace {

// What the test provider knows, and what becomes of it.
constexpr std::array test_cards{Named{"tok_visa", "A card that works"},
                                Named{"tok_chargeDeclined", "A card that is declined"},
                                Named{"tok_chargeDeclinedInsufficientFunds", "A card without enough money"},
                                Named{"tok_slow", "A slow bank: the answer takes 5 seconds"},
                                Named{"tok_answerLost", "A bank whose answer gets lost on the way"}};

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
    for (const auto& [token, words] : test_cards)
        form.cards.push_back({std::string{token}, std::string{words}, token == chosen});
    return form;
}

Task<http::Response> pay_page(Visit& visit, int status, const Problems& problems, std::string_view chosen) {
    auto order = (co_await visit.get("orders", api_path("/api/orders", visit.path_value()))).as<Order>();
    auto address = order_address(order.id);
    // Orders receives a moment later than the buyer that an attempt came to nothing.
    auto failed = status != 200 && order.status == "awaiting:payment";
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
        view.stripe_form = StripeForm{*provider.publishable_key, visit.app.look()->address("stripe.js")};
        visit.allow_stripe();
    } else {
        view.test_form = test_form(chosen);
    }
    co_return visit.page(status, "pay.html", "Pay", view);
}

}  // namespace

Task<http::Response> pay(Visit& visit) {
    (void)visit.need_user();
    co_return co_await pay_page(visit, 200, {}, test_cards.front().first);
}

Task<http::Response> send_payment(Visit& visit) {
    (void)visit.need_user(visit.request.path);
    auto address = order_address(OrderId{visit.path_value()});
    auto form = visit.form();
    auto key = form["key"], token = form["token"];
    auto body = json::Object{{"orderId", json::Value{visit.path_value()}}, {"token", json::Value{token}}};
    std::optional<Said> said;
    try {
        said = co_await visit.send_form("payments", "/api/payments", json::Value{std::move(body)}, key);
    } catch (const ServiceAway&) {
    }
    if (!said) {
        UnknownView view{address + "/pay", address, key, token};
        co_return visit.page(503, "payment_unknown.html", "We don’t know yet", view);
    }
    if (said->status == 400 || said->status == 402)
        co_return co_await pay_page(visit, said->status, said->problems(), token);
    if (said->status == 409) co_return co_await order_page(visit, 409, said->problems());
    (void)said->or_refuse();
    co_return visit.see_other(address + "?done=paid");
}

}  // namespace stagedoor::client::routes
