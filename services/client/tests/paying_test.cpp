// The pages about money: payments, refunds, earnings and cancelled events.
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto provider = R"({"name":"test"})";

// The sample with `from` replaced.
std::string changed(std::string text, std::string_view from, std::string_view to) {
    auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("no such text in the sample");
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
        services.respond("GET /api/orders/order-1", 200, held_order);
        services.respond("GET /api/payments", 200, "[]");
        services.respond("GET /api/payments/provider", 200, provider);
    }
    testing::Response open_order() { return open_as("buyer", "/orders/order-1"); }
    testing::Response send(std::string form) {
        return submit_as("buyer", "/orders/order-1/pay", std::move(form));
    }
    static std::string key_in(const testing::Response& page) {
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

TEST_F(Paying, the_page_waits_for_a_payment_in_progress) {
    for (const auto& [order, paid] : {std::pair{order_that_is("awaiting:payment"), payment("charging")},
                                      std::pair{std::string{held_order}, payment("started")}}) {
        services.respond("GET /api/orders/order-1", 200, order);
        services.respond("GET /api/payments", 200, paid);
        auto page = open_order().expect(200, "Your payment is in progress.");
        EXPECT_TRUE(has(page, R"(<noscript><meta http-equiv="refresh" content="3"></noscript>)"));
        EXPECT_TRUE(has(page, R"(<a href="/orders/order-1" data-waits>Refresh status</a>)"));
        EXPECT_FALSE(has(page, "/orders/order-1/pay"));
        EXPECT_FALSE(has(page, "/orders/order-1/cancel"));
    }
}

TEST_F(Paying, a_payment_is_acknowledged_before_the_order_is_complete) {
    services.respond("GET /api/orders/order-1", 200, order_that_is("awaiting:payment"));
    services.respond("GET /api/payments", 200, payment("succeeded"));
    auto page = open_as("buyer", "/orders/order-1?done=paid").expect(200, "Your payment went through.");
    EXPECT_TRUE(has(page, "Thank you."));
    EXPECT_TRUE(has(page, R"(href="/orders/order-1?done=paid" data-waits)"));
}

TEST_F(Paying, a_paid_order_says_so) {
    services.respond("GET /api/orders/order-1", 200, order_that_is("complete"));
    services.respond("GET /api/payments", 200, payment("succeeded"));
    auto page = open_as("buyer", "/orders/order-1?done=paid").expect(200, "Paid. The tickets are yours.");
    for (auto part :
         {"Thank you.", "€39.80 <span class=\"badge good\">Paid</span>", "Thu 1 Jan 2026, 00:01 UTC"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "http-equiv=\"refresh\""));
}

TEST_F(Paying, a_declined_attempt_is_listed_with_its_reason) {
    services.respond("GET /api/payments", 200, payment("failed", R"(,"reason":"Your card was declined")"));
    auto page = open_order().expect(200, "Your card was declined");
    EXPECT_TRUE(has(page, "Not charged"));
    EXPECT_TRUE(has(page, "/orders/order-1/pay")) << "it can be paid again";
}

TEST_F(Paying, a_cancelled_order_says_why) {
    auto page_of = [this](std::string_view reason) {
        services.respond("GET /api/orders/order-1", 200,
                         order_that_is("cancelled", R"(,"reason":")" + std::string{reason} + R"(")"));
        return open_order();
    };
    page_of("buyer").expect(200, "The tickets went back on sale.");
    page_of("expired").expect(200, "The hold expired, so the tickets went back on sale.");
    page_of("listing_cancelled").expect(200, "The seller cancelled the event, so this order was cancelled.");
    services.respond("GET /api/payments", 200, payment("succeeded"));
    page_of("buyer").expect(200, "You get a full refund.");
    page_of("listing_cancelled").expect(200, "You get a full refund.");
    page_of("expired").expect(200, "Your payment arrived after the hold had expired");
}

TEST_F(Paying, the_page_waits_for_a_charge_that_crossed_a_cancellation) {
    services.respond("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    services.respond("GET /api/payments", 200, payment("charging"));
    auto page =
        open_as("buyer", "/orders/order-1?done=paid").expect(200, "If it goes through, we’ll refund it.");
    EXPECT_TRUE(has(page, "data-waits>Refresh status</a>"));
    EXPECT_FALSE(has(page, "Thank you."));
    EXPECT_FALSE(has(page, "tickets are yours"));
}

TEST_F(Paying, a_refund_is_shown_while_pending_and_when_done) {
    services.respond("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    services.respond("GET /api/payments", 200, refunded("expired", R"("status":"pending")"));
    auto page = open_order().expect(200, "<strong>€19.90</strong> is on its way back to you");
    EXPECT_TRUE(has(page, "the payment arrived after the hold had expired."));
    services.respond("GET /api/payments", 200,
                     refunded("listing_cancelled", R"("status":"done","doneAt":"2026-01-01T00:03:00.000Z")"));
    page = open_order().expect(200, "<strong>€19.90</strong> was refunded on");
    EXPECT_TRUE(has(page, "Thu 1 Jan 2026, 00:03 UTC"));
    EXPECT_TRUE(has(page, "the seller cancelled the event."));
}

TEST_F(Paying, void_tickets_are_marked) {
    auto part_void =
        changed(order_that_is("complete"), R"("quantity":2})",
                R"("quantity":2},{"ticket":{"id":"play","title":"Hamlet","price":5,"currency":"EUR"},
                             "quantity":1,"cancelledAt":"2026-01-01T00:03:00.000Z"})");
    services.respond("GET /api/orders/order-1", 200, part_void);
    auto page = open_order().expect(200, "part of your order was cancelled by the seller");
    EXPECT_TRUE(has(page, R"(>Hamlet</a> <span class="badge">Void</span>)"));
    EXPECT_FALSE(has(page, R"(>Bach</a> <span class="badge">Void</span>)"));

    auto all_void = changed(order_that_is("complete"), R"("quantity":2})",
                            R"("quantity":2,"cancelledAt":"2026-01-01T00:03:00.000Z"})");
    services.respond("GET /api/orders/order-1", 200, all_void);
    services.respond("GET /api/orders", 200, "[" + all_void + "]");
    open_order().expect(200, "The seller cancelled the event. You get a full refund.");
    open_as("buyer", "/orders").expect(200, "Cancelled");
}

TEST_F(Paying, an_order_keeps_date_and_place_and_can_be_returned_when_they_change) {
    auto bought = changed(order_that_is("complete"), R"("version":3,)",
                          R"("version":3,"startsAt":"2026-05-02T17:30:00.000Z","timeZone":"Europe/Vienna",
                             "venue":"Alte Oper","city":"Frankfurt","seats":"Row <7>",)");
    services.respond("GET /api/orders/order-1", 200, bought);
    auto page = open_order().expect(200, "Sat 2 May 2026, 19:30 CEST");
    for (auto part : {"Alte Oper, Frankfurt", "Row &lt;7&gt;"}) EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "Return these tickets"));

    services.respond(
        "GET /api/orders/order-1", 200,
        changed(bought, R"("quantity":2})", R"("quantity":2,"returnUntil":"2026-01-15T00:00:00.000Z"})"));
    page = open_order().expect(200, "The seller has changed “<bdi>Bach</bdi>”");
    for (auto part : {"Thu 15 Jan 2026, 00:00 UTC", "get €39.80 back", R"(action="/orders/order-1/return")",
                      R"(name="ticket" value="concert")"}) {
        EXPECT_TRUE(has(page, part)) << part;
    }

    services.respond("POST /api/orders/order-1/return", 200, bought);
    EXPECT_EQ(location(submit_as("buyer", "/orders/order-1/return", "ticket=concert").expect(303)),
              "/orders/order-1?done=returned");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"ticketId":"concert"})");
    services.respond("POST /api/orders/order-1/return", 409,
                     R"({"errors":[{"message":"The time to return these tickets is over"}]})");
    follow("buyer", submit_as("buyer", "/orders/order-1/return", "ticket=concert"))
        .expect(200, "The time to return these tickets is over");
    EXPECT_EQ(location(open_as("buyer", "/orders/order-1/return").expect(303)), "/orders/order-1");
}

TEST_F(Paying, returned_tickets_are_marked) {
    auto returned = changed(order_that_is("complete"), R"("quantity":2})",
                            R"("quantity":2,"cancelledAt":"2026-01-01T00:03:00.000Z","reason":"buyer"})");
    services.respond("GET /api/orders/order-1", 200, returned);
    auto page = open_as("buyer", "/orders/order-1?done=returned").expect(200, "Tickets returned.");
    EXPECT_TRUE(has(page, "These tickets are void. You get a full refund."));
    EXPECT_TRUE(has(page, "You returned them"));
    EXPECT_FALSE(has(page, "seller cancelled"));
}

TEST_F(Paying, an_order_is_shown_while_payments_is_down) {
    services.down = {"payments"};
    auto page = open_order().expect(200, "Payments are unavailable right now.");
    EXPECT_TRUE(has(page, "Held for you"));
    services.respond("GET /api/orders/order-1", 200,
                     order_that_is("cancelled", R"(,"reason":"listing_cancelled")"));
    EXPECT_FALSE(
        has(open_order().expect(200, "The seller cancelled the event."), "this order was cancelled"));
    services.down = {};
    EXPECT_FALSE(has(open_order(), "unavailable"));
}

// ---- GET, POST /orders/:id/pay

TEST_F(Paying, the_page_shows_the_total_and_that_no_money_moves) {
    auto page = open_as("buyer", "/orders/order-1/pay").expect(200, "<h1>Pay €39.80</h1>");
    for (auto part :
         {"no money moves", "Bach", "data-countdown=\"900\"", "value=\"tok_visa\" required checked",
          "tok_chargeDeclined\"", "tok_chargeDeclinedInsufficientFunds", "tok_slow", "tok_answerLost"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "stripe"));
    EXPECT_EQ(page.headers["Content-Security-Policy"].find("stripe"), std::string_view::npos);
    EXPECT_NE(key_in(page), key_in(open_as("buyer", "/orders/order-1/pay")));
}

TEST_F(Paying, an_order_that_cannot_be_paid_redirects_to_the_order) {
    for (auto status : {"awaiting:payment", "complete", "cancelled"}) {
        services.respond("GET /api/orders/order-1", 200, order_that_is(status));
        EXPECT_EQ(location(open_as("buyer", "/orders/order-1/pay").expect(303)), "/orders/order-1") << status;
    }
    services.respond("GET /api/orders/order-1", 403,
                     R"({"errors":[{"message":"Only the buyer can see this order"}]})");
    open_as("other", "/orders/order-1/pay").expect(403, "Only the buyer can see this order");
    open_as("buyer", "/orders/nothing/pay").expect(404);
}

TEST_F(Paying, needs_payments_to_be_up) {
    services.down = {"payments"};
    auto page = open_as("buyer", "/orders/order-1/pay").expect(503, "Payments are unavailable right now");
    for (auto part : {"Bach", "data-countdown=\"900\"", "Cancel this order"})
        EXPECT_TRUE(has(page, part)) << part;
    EXPECT_FALSE(has(page, "name=\"token\""));
}

TEST_F(Paying, is_where_held_tickets_are_checked_once_more) {
    auto page =
        open_as("buyer", "/orders/order-1/pay?done=held").expect(200, "These tickets are held for you.");
    for (auto part : {"All your money back if the event is cancelled", "Cancel this order",
                      R"(data-live="order:order-1")"})
        EXPECT_TRUE(has(page, part)) << part;
    constexpr auto warning = ">Less than two minutes left.";
    EXPECT_FALSE(has(page, warning));
    test.clock.advance(std::chrono::minutes{13} + std::chrono::seconds{1});
    EXPECT_TRUE(has(open_as("buyer", "/orders/order-1/pay"), warning));
}

TEST_F(Paying, redirects_to_the_order_when_paid) {
    services.respond("POST /api/payments", 201, R"({"id":"p1"})");
    EXPECT_EQ(location(send("key=k1&token=tok_visa").expect(303)), "/orders/order-1?done=paid");
    const auto& request = services.last(http::Method::post);
    EXPECT_EQ(request.body, R"({"orderId":"order-1","token":"tok_visa"})");
    EXPECT_EQ(request.headers["Idempotency-Key"], "k1");
    EXPECT_TRUE(location(browser().post("/orders/order-1/pay", "key=k1&token=tok_visa").expect(303))
                    .starts_with("/auth/signin?next=%2Forders%2Forder-1%2Fpay%3Fdraft%3D"));
}

TEST_F(Paying, a_declined_card_is_reported_and_the_next_attempt_has_a_new_key) {
    services.respond("POST /api/payments", 402,
                     R"({"errors":[{"message":"Your card was declined","field":"token"}]})");
    auto sent = send("key=k1&token=tok_chargeDeclined");
    EXPECT_TRUE(location(sent).starts_with("/orders/order-1/pay?draft="));
    auto page = follow("buyer", sent).expect(200, "Your card was declined");
    EXPECT_TRUE(has(page, "You were not charged"));
    EXPECT_TRUE(has(page, "value=\"tok_chargeDeclined\" required checked"));
    EXPECT_NE(key_in(page), "k1");
    EXPECT_TRUE(has(page, "Held for you"));
    EXPECT_TRUE(has(page, "Your tickets are still held"));
    follow("buyer", sent).expect(200, "Your card was declined");  // going back or reloading sends nothing
    EXPECT_TRUE(has(open_as("buyer", "/orders/order-1/pay"), "Held for you")) << "and so does this page";

    // orders has not handled the failure yet: until then it holds the tickets even longer.
    services.respond("GET /api/orders/order-1", 200, order_that_is("awaiting:payment"));
    page = follow("buyer", send("key=k2&token=tok_chargeDeclined")).expect(200, "Your card was declined");
    EXPECT_TRUE(has(page, "data-countdown=\"900\""));
    EXPECT_TRUE(has(page, "Your tickets are still held"));
    EXPECT_TRUE(has(page, "Try again or use another card."));

    test.clock.advance(std::chrono::minutes{15});
    services.respond("GET /api/orders/order-1", 200, held_order);
    page = follow("buyer", send("key=k4&token=tok_chargeDeclined"));
    EXPECT_FALSE(has(page.expect(200, "Your card was declined"), "Your tickets are still held"));

    services.respond("GET /api/orders/order-1", 200, order_that_is("cancelled", R"(,"reason":"expired")"));
    sent = send("key=k3&token=tok_chargeDeclined");
    auto gone = follow("buyer", sent).expect(303);
    EXPECT_TRUE(location(gone).starts_with("/orders/order-1?draft="));
    auto order = test.as("buyer").with("Cookie", sent.cookie()).get(location(gone));
    order.expect(200, "Your card was declined");
    order.expect(200, "The hold expired");
}

TEST_F(Paying, an_invalid_form_is_shown_again) {
    services.respond("POST /api/payments", 400,
                     R"({"errors":[{"message":"must not be empty","field":"token"}]})");
    follow("buyer", send("key=k1")).expect(200, "You were not charged");
}

TEST_F(Paying, a_conflict_shows_the_order) {
    services.respond("POST /api/payments", 409, R"({"errors":[{"message":"The time to pay has expired"}]})");
    auto page = follow("buyer", send("key=k1&token=tok_visa")).expect(200, "The time to pay has expired");
    EXPECT_TRUE(has(page, "<h1>Your order</h1>"));
}

TEST_F(Paying, the_page_waits_for_an_unknown_outcome) {
    services.respond(
        "POST /api/payments", 503,
        R"({"errors":[{"message":"We're still checking your payment; try again in a moment"}]})");
    services.respond("GET /api/payments", 200, payment("charging"));
    auto sent = send("key=k1&token=tok_answerLost");
    auto page = follow("buyer", sent).expect(200, "We’re still checking your payment");
    EXPECT_TRUE(has(page, R"(href=")" + location(sent) + R"(" data-waits>Refresh status</a>)"));
    EXPECT_TRUE(has(page, R"(<noscript><meta http-equiv="refresh" content="3"></noscript>)"));
    services.down = {"payments"};
    follow("buyer", sent).expect(200, "We’re still checking your payment");
    follow("buyer", send("key=k1&token=tok_answerLost")).expect(200, "We’re still checking your payment");
    services.down = {};

    services.respond("GET /api/payments", 200, payment("succeeded"));
    EXPECT_EQ(location(follow("buyer", sent).expect(303)), "/orders/order-1?done=paid");
    services.respond("GET /api/payments", 200, payment("failed", R"(,"reason":"Your card was declined")"));
    page = follow("buyer", sent).expect(200, "You were not charged");
    EXPECT_EQ(key_in(page), "k1") << "if the first request is still on its way, this is the same payment";
    EXPECT_TRUE(has(page, "value=\"tok_answerLost\" required checked"));
}

TEST_F(Paying, stripe_has_its_own_card_field) {
    services.respond("GET /api/payments/provider", 200, R"({"name":"stripe","publishableKey":"pk_test_1"})");
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

TEST_F(Paying, a_seller_sees_the_earnings) {
    services.respond("GET /api/tickets/mine", 200, "[]");
    services.respond("GET /api/payments/balance", 200,
                     R"([{"currency":"EUR","sold":59.70,"fees":0.60,"refunded":19.90,"balance":39.20},
                     {"currency":"JPY","sold":1000,"fees":0,"refunded":0,"balance":1000}])");
    auto page = open_as("seller", "/selling").expect(200, "Earnings");
    for (auto part : {"<dt>Sold</dt><dd>€59.70</dd>", "<dt>Fees</dt><dd>€0.60</dd>",
                      "<dt>Refunded</dt><dd>€19.90</dd>", "€39.20", "¥1,000"})
        EXPECT_TRUE(has(page, part)) << part;
    services.down = {"payments"};
    open_as("seller", "/selling").expect(200, "Earnings are unavailable right now.");
}

TEST_F(Paying, cancelling_an_event_explains_the_consequences_first) {
    services.respond("GET /api/tickets/concert", 200, concert);
    auto page = open_as("seller", "/tickets/concert/cancel").expect(200, "gets a refund for these tickets");
    EXPECT_TRUE(has(page, R"(action="/tickets/concert/cancel")"));
    EXPECT_THROW((void)services.last(http::Method::post), std::runtime_error)
        << "opening the page cancels nothing";
    open_as("buyer", "/tickets/concert/cancel").expect(403, "You don’t have access");
    test.as("boss", {"admin"}).with("Accept", "text/html").get("/tickets/concert/cancel").expect(200);
    open_as("seller", "/tickets/nothing/cancel").expect(404);
}

TEST_F(Paying, an_event_is_cancelled) {
    auto cancelled = changed(concert, R"("status":"open")", R"("status":"cancelled")");
    services.respond("POST /api/tickets/concert/cancel", 200, cancelled);
    services.respond("GET /api/tickets/mine", 200, "[" + cancelled + "]");
    services.respond("GET /api/tickets/concert", 200, cancelled);
    services.respond("GET /api/payments/balance", 200, "[]");
    EXPECT_EQ(location(submit_as("seller", "/tickets/concert/cancel", "").expect(303)),
              "/selling?done=cancelled");
    auto page = open_as("seller", "/selling?done=cancelled").expect(200, "Event cancelled.");
    EXPECT_TRUE(has(page, R"(<span class="badge">Cancelled</span>)"));
    EXPECT_FALSE(has(page, "/tickets/concert/cancel"));
    EXPECT_FALSE(has(page, "/tickets/concert/edit"));
    EXPECT_FALSE(has(page, "Earnings"));
    open("/tickets/concert").expect(200, "This event was cancelled.");
    open_as("seller", "/tickets/concert").expect(200, "You cancelled this event.");
    EXPECT_FALSE(has(open_as("seller", "/tickets/concert/cancel").expect(200, "is cancelled"),
                     "<form action=\"/tick"));
    browser().with("Cookie", "basket=concert:1").get("/basket").expect(200, "This event was cancelled.");

    services.respond("POST /api/tickets/concert/cancel", 403,
                     R"({"errors":[{"message":"Only the seller can change this listing"}]})");
    follow("buyer", submit_as("buyer", "/tickets/concert/cancel", "")).expect(403, "You don’t have access");
}

TEST_F(Paying, a_withdrawn_listing_can_still_be_cancelled) {
    services.respond("GET /api/tickets/mine", 200,
                     "[" + changed(concert, R"("status":"open")", R"("status":"withdrawn")") + "]");
    services.respond("GET /api/payments/balance", 200, "[]");
    auto page = open_as("seller", "/selling").expect(200, "/tickets/concert/cancel");
    EXPECT_FALSE(has(page, "/tickets/concert/edit"));
}

}  // namespace
}  // namespace stagedoor::client
