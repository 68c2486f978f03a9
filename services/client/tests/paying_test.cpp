// The pages about money: paying, what became of it, what a seller earned, an event called off.
#include "services/client/tests/played.hpp"

namespace stagedoor::client {
namespace {

constexpr auto provider = R"({"name":"test"})";

// The sample with other words in it.
std::string changed(std::string text, std::string_view from, std::string_view to) {
    auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("no such words in the sample");
    return text.replace(at, from.size(), to);
}
std::string order_that_is(std::string_view status, std::string_view more = "") {
    return changed(held_order, R"("status":"created")",
                   R"("status":")" + std::string{status} + R"(")" + std::string{more});
}
std::string payment(std::string_view status, std::string_view more = "") {
    return R"([{"id":"p1","orderId":"order-1","status":")" + std::string{status} +
           R"(","amount":39.80,"currency":"EUR","createdAt":"2026-01-01T00:01:00.000Z")" + std::string{more} +
           R"(,"refunds":[]}])";
}
std::string refunded(std::string_view reason, std::string_view more) {
    return changed(payment("succeeded"), R"("refunds":[])",
                   R"("refunds":[{"id":"r1","amount":19.90,"currency":"EUR","reason":")" +
                       std::string{reason} + R"(","createdAt":"2026-01-01T00:02:00.000Z",)" +
                       std::string{more} + "}]");
}

struct Paying : Pages {
    Paying() {
        services.say("GET /api/orders/order-1", 200, held_order);
        services.say("GET /api/payments", 200, "[]");
        services.say("GET /api/payments/provider", 200, provider);
    }
    testing::Answered open_order() { return open_as("buyer", "/orders/order-1"); }
    testing::Answered send(std::string form) {
        return send_as("buyer", "/orders/order-1/pay", std::move(form));
    }
    static std::string key_in(const testing::Answered& page) {
        std::string_view start = R"(name="key" value=")";
        auto at = page.body.find(start) + start.size();
        return page.body.substr(at, page.body.find('"', at) - at);
    }
};

// ---- GET /orders/:id

TEST_F(Paying, a_held_order_can_be_paid) {
    auto page = open_order().expect(200, R"(href="/orders/order-1/pay">Pay €39.80</a>)");
    EXPECT_EQ(services.last(http::Method::get).target, "/api/payments?orderId=order-1");
    EXPECT_FALSE(has(page, "Payments</h2>"));
    EXPECT_FALSE(has(page, "http-equiv=\"refresh\""));
}

TEST_F(Paying, a_payment_under_way_is_waited_for) {
    for (const auto& [order, paid] : {std::pair{order_that_is("awaiting:payment"), payment("charging")},
                                      std::pair{std::string{held_order}, payment("started")}}) {
        services.say("GET /api/orders/order-1", 200, order);
        services.say("GET /api/payments", 200, paid);
        auto page = open_order().expect(200, "A payment is under way");
        EXPECT_TRUE(has(page, R"(<noscript><meta http-equiv="refresh" content="3"></noscript>)"));
        EXPECT_TRUE(has(page, R"(<a href="/orders/order-1" data-waits>Look again</a>)"));
        EXPECT_FALSE(has(page, "/orders/order-1/pay"));
        EXPECT_FALSE(has(page, "/orders/order-1/cancel"));
    }
}

TEST_F(Paying, a_payment_that_orders_has_not_heard_of_yet_is_thanked_for) {
    services.say("GET /api/orders/order-1", 200, order_that_is("awaiting:payment"));
    services.say("GET /api/payments", 200, payment("succeeded"));
    auto page = open_as("buyer", "/orders/order-1?done=paid").expect(200, "Your payment has gone through");
    EXPECT_TRUE(has(page, "Thank you."));
    EXPECT_TRUE(has(page, R"(href="/orders/order-1?done=paid" data-waits)"));
}

TEST_F(Paying, a_paid_order_says_so) {
    services.say("GET /api/orders/order-1", 200, order_that_is("complete"));
    services.say("GET /api/payments", 200, payment("succeeded"));
    auto page = open_as("buyer", "/orders/order-1?done=paid").expect(200, "Paid. The tickets are yours.");
    for (auto part :
         {"Thank you.", "€39.80 <span class=\"badge good\">Paid</span>", "Thu 1 Jan 2026, 00:01 UTC"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "http-equiv=\"refresh\""));
}

TEST_F(Paying, a_declined_try_is_listed_with_its_reason) {
    services.say("GET /api/payments", 200, payment("failed", R"(,"reason":"Your card was declined")"));
    auto page = open_order().expect(200, "Your card was declined");
    EXPECT_TRUE(has(page, "Not charged"));
    EXPECT_TRUE(has(page, "/orders/order-1/pay")) << "it can be tried again";
}

TEST_F(Paying, a_cancelled_order_says_why) {
    auto page_of = [this](std::string_view reason) {
        services.say("GET /api/orders/order-1", 200,
                     order_that_is("cancelled", R"(,"reason":")" + std::string{reason} + R"(")"));
        return open_order();
    };
    page_of("buyer").expect(200, "The tickets went back on sale.");
    page_of("expired").expect(200, "The hold ran out, so the tickets went back on sale.");
    page_of("listing_cancelled").expect(200, "The seller called it off, so this order came to nothing.");
    services.say("GET /api/payments", 200, payment("succeeded"));
    page_of("buyer").expect(200, "What you paid goes back to you.");
    page_of("listing_cancelled").expect(200, "What you paid goes back to you.");
    page_of("expired").expect(200, "Your payment came when the hold had run out");
}

TEST_F(Paying, a_charge_that_crossed_a_cancellation_is_waited_for) {
    services.say("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    services.say("GET /api/payments", 200, payment("charging"));
    auto page = open_as("buyer", "/orders/order-1?done=paid").expect(200, "what it takes goes back to you");
    EXPECT_TRUE(has(page, "data-waits>Look again</a>"));
    EXPECT_FALSE(has(page, "Thank you."));
    EXPECT_FALSE(has(page, "tickets are yours"));
}

TEST_F(Paying, money_goes_back_and_is_back) {
    services.say("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    services.say("GET /api/payments", 200, refunded("expired", R"("status":"pending")"));
    auto page = open_order().expect(200, "<strong>€19.90</strong> is on its way back to you");
    EXPECT_TRUE(has(page, "the payment came when the hold had run out."));
    services.say("GET /api/payments", 200,
                 refunded("listing_cancelled", R"("status":"done","doneAt":"2026-01-01T00:03:00.000Z")"));
    page = open_order().expect(200, "<strong>€19.90</strong> was paid back on");
    EXPECT_TRUE(has(page, "Thu 1 Jan 2026, 00:03 UTC"));
    EXPECT_TRUE(has(page, "the seller called it off."));
}

TEST_F(Paying, void_tickets_are_marked) {
    auto part_void =
        changed(order_that_is("complete"), R"("quantity":2})",
                R"("quantity":2},{"ticket":{"id":"play","title":"Hamlet","price":5,"currency":"EUR"},
                             "quantity":1,"cancelledAt":"2026-01-01T00:03:00.000Z"})");
    services.say("GET /api/orders/order-1", 200, part_void);
    auto page = open_order().expect(200, "Some of it was called off");
    EXPECT_TRUE(has(page, R"(>Hamlet</a> <span class="badge">Void</span>)"));
    EXPECT_FALSE(has(page, R"(>Bach</a> <span class="badge">Void</span>)"));

    auto all_void = changed(order_that_is("complete"), R"("quantity":2})",
                            R"("quantity":2,"cancelledAt":"2026-01-01T00:03:00.000Z"})");
    services.say("GET /api/orders/order-1", 200, all_void);
    services.say("GET /api/orders", 200, "[" + all_void + "]");
    open_order().expect(200, "The seller called it off. What you paid goes back to you.");
    open_as("buyer", "/orders").expect(200, "Called off");
}

TEST_F(Paying, an_order_is_shown_without_payments) {
    services.gone = {"payments"};
    auto page = open_order().expect(200, "Payments can’t be shown at the moment.");
    EXPECT_TRUE(has(page, "Held for you"));
    services.say("GET /api/orders/order-1", 200,
                 order_that_is("cancelled", R"(,"reason":"listing_cancelled")"));
    EXPECT_FALSE(has(open_order().expect(200, "The seller called it off."), "came to nothing"));
    services.gone = {};
    EXPECT_FALSE(has(open_order(), "can’t be shown"));
}

// ---- GET, POST /orders/:id/pay

TEST_F(Paying, the_page_says_what_is_paid_and_that_no_money_moves) {
    auto page = open_as("buyer", "/orders/order-1/pay").expect(200, "<h1>Pay €39.80</h1>");
    for (auto part :
         {"no money moves", "Bach", "data-countdown=\"900\"", "value=\"tok_visa\" required checked",
          "tok_chargeDeclined\"", "tok_chargeDeclinedInsufficientFunds", "tok_slow", "tok_answerLost"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "stripe"));
    EXPECT_EQ(page.headers["Content-Security-Policy"].find("stripe"), std::string_view::npos);
    EXPECT_NE(key_in(page), key_in(open_as("buyer", "/orders/order-1/pay")));
}

TEST_F(Paying, what_cannot_be_paid_leads_to_the_order) {
    for (auto status : {"awaiting:payment", "complete", "cancelled"}) {
        services.say("GET /api/orders/order-1", 200, order_that_is(status));
        EXPECT_EQ(location(open_as("buyer", "/orders/order-1/pay").expect(303)), "/orders/order-1") << status;
    }
    services.say("GET /api/orders/order-1", 403,
                 R"({"errors":[{"message":"Only its buyer may see an order"}]})");
    open_as("other", "/orders/order-1/pay").expect(403, "Only its buyer may see an order");
    open_as("buyer", "/orders/nothing/pay").expect(404);
}

TEST_F(Paying, it_needs_payments) {
    services.gone = {"payments"};
    open_as("buyer", "/orders/order-1/pay").expect(503, "Payments can’t be reached at the moment");
}

TEST_F(Paying, leads_to_the_order_with_thanks) {
    services.say("POST /api/payments", 201, R"({"id":"p1"})");
    EXPECT_EQ(location(send("key=k1&token=tok_visa").expect(303)), "/orders/order-1?done=paid");
    const auto& asked = services.last(http::Method::post);
    EXPECT_EQ(asked.body, R"({"orderId":"order-1","token":"tok_visa"})");
    EXPECT_EQ(asked.headers["Idempotency-Key"], "k1");
    EXPECT_EQ(location(browser().post("/orders/order-1/pay", "key=k1&token=tok_visa").expect(303)),
              "/auth/signin?next=%2Forders%2Forder-1%2Fpay");
}

TEST_F(Paying, a_declined_card_is_told_and_another_try_has_a_new_key) {
    services.say("POST /api/payments", 402, R"({"errors":[{"message":"Your card was declined"}]})");
    auto page = send("key=k1&token=tok_chargeDeclined").expect(402, "Your card was declined");
    EXPECT_TRUE(has(page, "You were not charged"));
    EXPECT_TRUE(has(page, "value=\"tok_chargeDeclined\" required checked"));
    EXPECT_NE(key_in(page), "k1");
    EXPECT_TRUE(has(page, "Held for you"));
    EXPECT_TRUE(has(page, "still held for you"));

    services.say("GET /api/orders/order-1", 200, order_that_is("awaiting:payment"));
    page = send("key=k2&token=tok_chargeDeclined").expect(402, "Your card was declined");
    EXPECT_FALSE(has(page, "Held for you")) << "orders has not heard yet how long it will be";
    EXPECT_FALSE(has(page, "still held for you"));
    EXPECT_TRUE(has(page, "Try again, or with another card."));

    test.clock.advance(std::chrono::minutes{15});
    services.say("GET /api/orders/order-1", 200, held_order);
    EXPECT_FALSE(has(send("key=k4&token=tok_chargeDeclined").expect(402), "still held for you"));

    services.say("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    EXPECT_EQ(location(send("key=k3&token=tok_chargeDeclined").expect(303)), "/orders/order-1");
}

TEST_F(Paying, a_form_that_makes_no_sense_is_shown_again) {
    services.say("POST /api/payments", 400,
                 R"({"errors":[{"message":"must not be empty","field":"token"}]})");
    send("key=k1").expect(400, "You were not charged");
}

TEST_F(Paying, a_conflict_is_told_by_the_order) {
    services.say("POST /api/payments", 409, R"({"errors":[{"message":"A payment is under way already"}]})");
    services.say("GET /api/orders/order-1", 200, order_that_is("awaiting:payment"));
    auto page = send("key=k1&token=tok_visa").expect(409, "A payment is under way already");
    EXPECT_TRUE(has(page, "<h1>Your order</h1>"));
}

TEST_F(Paying, an_unknown_outcome_is_asked_for_with_the_same_key) {
    services.say("POST /api/payments", 503, R"({"errors":[{"message":"The answer has not come yet"}]})");
    auto page = send("key=k1&token=tok_answerLost").expect(503, "We don’t know yet");
    EXPECT_EQ(key_in(page), "k1");
    EXPECT_TRUE(has(page, R"(name="token" value="tok_answerLost")"));
    EXPECT_TRUE(has(page, R"(action="/orders/order-1/pay")"));
    services.gone = {"payments"};
    send("key=k1&token=tok_answerLost").expect(503, "We don’t know yet");
}

TEST_F(Paying, with_stripe_the_card_is_typed_into_its_own_form) {
    services.say("GET /api/payments/provider", 200, R"({"name":"stripe","publishableKey":"pk_test_1"})");
    auto page = open_as("buyer", "/orders/order-1/pay").expect(200, R"(data-stripe="pk_test_1")");
    for (auto part : {"https://js.stripe.com/v3/", "/static/stripe.js?v=", "needs JavaScript",
                      R"(name="token" value="")"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "tok_visa"));
    auto policy = page.headers["Content-Security-Policy"];
    for (auto part : {"script-src 'self' https://js.stripe.com;", "frame-src https://js.stripe.com;",
                      "connect-src 'self' https://api.stripe.com;"})
        EXPECT_NE(policy.find(part), std::string_view::npos) << part;
    EXPECT_EQ(open_order().headers["Content-Security-Policy"].find("stripe"), std::string_view::npos);
}

// ---- /selling, /tickets/:id/cancel

TEST_F(Paying, a_seller_sees_what_was_earned) {
    services.say("GET /api/tickets/mine", 200, "[]");
    services.say("GET /api/payments/balance", 200,
                 R"([{"currency":"EUR","sold":59.70,"fees":0.60,"refunded":19.90,"balance":39.20},
                     {"currency":"JPY","sold":1000,"fees":0,"refunded":0,"balance":1000}])");
    auto page = open_as("seller", "/selling").expect(200, "Earnings");
    for (auto part : {"<dt>Sold</dt><dd>€59.70</dd>", "<dt>Fees</dt><dd>€0.60</dd>",
                      "<dt>Paid back</dt><dd>€19.90</dd>", "€39.20", "¥1,000"})
        EXPECT_TRUE(has(page, part)) << part;
    services.gone = {"payments"};
    open_as("seller", "/selling").expect(200, "Earnings can’t be shown at the moment.");
}

TEST_F(Paying, calling_off_says_first_what_it_means) {
    services.say("GET /api/tickets/concert", 200, concert);
    auto page =
        open_as("seller", "/tickets/concert/cancel").expect(200, "gets the money for these tickets back");
    EXPECT_TRUE(has(page, R"(action="/tickets/concert/cancel")"));
    EXPECT_THROW((void)services.last(http::Method::post), std::runtime_error) << "looking does nothing";
    open_as("buyer", "/tickets/concert/cancel").expect(403, "That isn’t yours");
    test.as("boss", {"admin"}).with("Accept", "text/html").get("/tickets/concert/cancel").expect(200);
    open_as("seller", "/tickets/nothing/cancel").expect(404);
}

TEST_F(Paying, an_event_is_called_off) {
    auto called_off = changed(concert, R"("status":"open")", R"("status":"cancelled")");
    services.say("POST /api/tickets/concert/cancel", 200, called_off);
    services.say("GET /api/tickets/mine", 200, "[" + called_off + "]");
    services.say("GET /api/tickets/concert", 200, called_off);
    services.say("GET /api/payments/balance", 200, "[]");
    EXPECT_EQ(location(send_as("seller", "/tickets/concert/cancel", "").expect(303)),
              "/selling?done=cancelled");
    auto page = open_as("seller", "/selling?done=cancelled").expect(200, "It is called off.");
    EXPECT_TRUE(has(page, R"(<span class="badge">Called off</span>)"));
    EXPECT_FALSE(has(page, "/tickets/concert/cancel"));
    EXPECT_FALSE(has(page, "/tickets/concert/edit"));
    EXPECT_FALSE(has(page, "Earnings"));
    open("/tickets/concert").expect(200, "It was called off.");
    open_as("seller", "/tickets/concert").expect(200, "You have called it off.");
    EXPECT_FALSE(has(open_as("seller", "/tickets/concert/cancel").expect(200, "is called off"),
                     "<form action=\"/tick"));
    browser().with("Cookie", "basket=concert:1").get("/basket").expect(200, "It was called off.");

    services.say("POST /api/tickets/concert/cancel", 403,
                 R"({"errors":[{"message":"Only its seller may"}]})");
    send_as("buyer", "/tickets/concert/cancel", "").expect(403, "That isn’t yours");
}

TEST_F(Paying, a_withdrawn_listing_can_still_be_called_off) {
    services.say("GET /api/tickets/mine", 200,
                 "[" + changed(concert, R"("status":"open")", R"("status":"withdrawn")") + "]");
    services.say("GET /api/payments/balance", 200, "[]");
    auto page = open_as("seller", "/selling").expect(200, "/tickets/concert/cancel");
    EXPECT_FALSE(has(page, "/tickets/concert/edit"));
}

}  // namespace
}  // namespace stagedoor::client
