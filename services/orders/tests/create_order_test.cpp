#include <atomic>
#include <thread>

#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct CreateOrder : Test {};

TEST_F(CreateOrder, holds_several_tickets_of_several_sellers) {
    orders.receives(ticket_created("concert", {.seller = "anna"}),
                    ticket_created("play", {.price = {500, {}}, .seller = "ben"}));

    auto response = orders.as("buyer").post(
        "/api/orders", R"({"items":[{"ticketId":"play","quantity":2},{"ticketId":"concert"}]})");

    response.expect(201);
    EXPECT_EQ(response.at("status"), "created");
    EXPECT_EQ(response.at("total"), "29.99");
    EXPECT_EQ(response.at("currency"), "USD");
    EXPECT_EQ(response.at("userId"), "buyer");
    EXPECT_EQ(response.at("expiresAt"), (orders.clock.now() + std::chrono::minutes{15}).to_text());
    EXPECT_EQ(response.at("items[0].ticket.title"), "The concert");
    EXPECT_EQ(response.at("items[1].quantity"), "2");
    EXPECT_EQ(response.at("ticket.id"), response.at("items[0].ticket.id"));
    EXPECT_EQ(response.at("ticket.title"), "The concert") << "of the first item";
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(available("play"), 8);
    auto events = orders.published<contracts::OrderCreated>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].version, 1);
    EXPECT_EQ(events[0].items.size(), 2u);
    EXPECT_EQ(events[0].items[0].seller_id.text, "anna");
}

TEST_F(CreateOrder, accepts_a_single_ticket_at_the_top_level) {
    orders.receives(ticket_created("concert"));
    auto response = orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})");
    response.expect(201);
    EXPECT_EQ(response.at("ticket.id"), "concert");
    EXPECT_EQ(response.at("ticket.price"), "19.99");
    EXPECT_EQ(response.at("items[0].quantity"), "1");
}

TEST_F(CreateOrder, holds_nothing_when_one_ticket_falls_short) {
    orders.receives(ticket_created("concert"), ticket_created("play", {.quantity = 1}),
                    ticket_created("opera", {.quantity = 2}));

    auto response = orders.as("buyer").post(
        "/api/orders", R"({"items":[{"ticketId":"concert"},{"ticketId":"play","quantity":2},)"
                       R"({"ticketId":"opera","quantity":3}]})");

    response.expect(409, "play").expect(409, "opera").expect_field("items[1]").expect_field("items[2]");
    EXPECT_EQ(response.body.find("concert"), std::string::npos) << "names only those that fell short";
    EXPECT_TRUE(orders.published<contracts::OrderCreated>().empty());
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(available("play"), 1);
    EXPECT_EQ(orders.number("SELECT count(*) FROM orders"), 0);
}

TEST_F(CreateOrder, rejects_an_invalid_order) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer");
    for (auto nothing :
         {"{}", R"({"ticketId":null})", R"({"items":null})", R"({"quantity":2})", "", "[]", "null"})
        buyer.post("/api/orders", nothing).expect(400, "Ticket ID is missing").expect_field("ticketId");
    buyer.post("/api/orders", R"({"items":[]})").expect(400).expect_field("items");
    buyer.post("/api/orders", R"({"items":{}})").expect(400).expect_field("items");
    buyer.post("/api/orders", R"({"ticketId":7})").expect(400).expect_field("ticketId");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":0}]})")
        .expect(400)
        .expect_field("items[0].quantity");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":"2"}]})")
        .expect(400)
        .expect_field("items[0].quantity");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":1.5}]})")
        .expect(400)
        .expect_field("items[0].quantity");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert"},{"ticketId":"concert"}]})")
        .expect(400)
        .expect_field("items[1].ticketId");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert"}],"ticketId":"concert"})")
        .expect(400)
        .expect_field("items");
    buyer.post("/api/orders", "[1,2").expect(400);
    buyer.with("Content-Type", "text/plain").post("/api/orders", "{}").expect(415);
    std::string many = R"({"items":[)";
    for (int i = 0; i < 21; ++i)
        many += (i ? "," : "") + std::string{R"({"ticketId":"t)"} + std::to_string(i) + "\"}";
    buyer.post("/api/orders", many + "]}").expect(400).expect_field("items");
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(CreateOrder, rejects_two_currencies) {
    orders.receives(ticket_created("concert"),
                    ticket_created("play", {.price = {500, *Currency::parse("EUR")}}));
    orders.as("buyer")
        .post("/api/orders", R"({"items":[{"ticketId":"concert"},{"ticketId":"play"}]})")
        .expect(400)
        .expect_field("items");
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(available("play"), 10);
}

TEST_F(CreateOrder, requires_a_session) {
    orders.post("/api/orders", R"({"ticketId":"concert"})").expect(401);
}

TEST_F(CreateOrder, rejects_the_buyers_own_ticket) {
    orders.receives(ticket_created("concert", {.seller = "anna"}));
    orders.as("anna").post("/api/orders", R"({"ticketId":"concert"})").expect(403, "your own");
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(CreateOrder, responds_404_for_an_unknown_ticket) {
    orders.as("buyer").post("/api/orders", R"({"ticketId":"nothing"})").expect(404, "nothing");
}

TEST_F(CreateOrder, rejects_tickets_that_have_started_are_withdrawn_or_exceed_the_limit_per_order) {
    orders.receives(ticket_created("past", {.starts_at = orders.clock.now()}), ticket_created("gone"),
                    contracts::TicketWithdrawn{listing("gone", {.quantity = 0}, 2)},
                    ticket_created("rare", {.max_per_order = 2}));
    auto buyer = orders.as("buyer");
    buyer.post("/api/orders", R"({"ticketId":"past"})").expect(409, "already started");
    buyer.post("/api/orders", R"({"ticketId":"gone"})").expect(409, "no longer on sale");
    buyer.post("/api/orders", R"({"ticketId":"rare","quantity":3})").expect(409, "limited to 2 per order");
    buyer.post("/api/orders", R"({"ticketId":"rare","quantity":2})").expect(201);
}

TEST_F(CreateOrder, holds_nothing_at_a_higher_price_than_the_buyer_has_seen) {
    orders.receives(ticket_created("concert"), ticket_created("play"),
                    ticket_updated("concert", 2, {.price = {2499, {}}}));
    auto buyer = orders.as("buyer");
    buyer
        .post("/api/orders",
              R"({"items":[{"ticketId":"play","price":19.99},{"ticketId":"concert","price":19.99}]})")
        .expect(409, R"(\"The concert\" (concert) now costs 24.99 USD)")
        .expect_field("items[1].price");
    buyer.post("/api/orders", R"({"ticketId":"concert","price":24.98})").expect(409, "24.99 USD");
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(available("play"), 10);
    EXPECT_TRUE(orders.published<contracts::OrderCreated>().empty());
    auto confirmed =
        buyer.post("/api/orders", R"({"ticketId":"concert","price":24.99,"currency":"USD"})").expect(201);
    EXPECT_EQ(confirmed.at("total"), "24.99");
}

TEST_F(CreateOrder, takes_the_lower_price_without_asking) {
    orders.receives(ticket_created("concert"));
    auto response =
        orders.as("buyer").post("/api/orders", R"({"ticketId":"concert","price":25})").expect(201);
    EXPECT_EQ(response.at("total"), "19.99");
}

TEST_F(CreateOrder, compares_the_seen_price_in_the_currency_of_the_listing) {
    auto yen = *Currency::parse("JPY"), dinar = *Currency::parse("KWD");
    orders.receives(ticket_created("noh", {.price = {1500, yen}}),
                    ticket_created("opera", {.price = {1250, dinar}}));
    auto buyer = orders.as("buyer");
    buyer.post("/api/orders", R"({"ticketId":"noh","price":1500})").expect(201);
    buyer.post("/api/orders", R"({"ticketId":"noh","price":1499.99})").expect(409, "now costs 1500 JPY");
    buyer.post("/api/orders", R"({"ticketId":"noh","price":1500,"currency":"USD"})")
        .expect(409, "now costs 1500 JPY");
    buyer.post("/api/orders", R"({"ticketId":"noh","currency":"USD"})")
        .expect(409)
        .expect_field("items[0].price");
    buyer.post("/api/orders", R"({"ticketId":"opera","price":1.25,"currency":"KWD"})").expect(201);
    buyer.post("/api/orders", R"({"ticketId":"opera","price":1.249})").expect(409, "now costs 1.250 KWD");
}

TEST_F(CreateOrder, can_confirm_a_price_with_the_same_idempotency_key) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer").with("Idempotency-Key", "one");
    buyer.post("/api/orders", R"({"ticketId":"concert","price":15})").expect(409);
    buyer.post("/api/orders", R"({"ticketId":"concert","price":19.99})").expect(201);
}

TEST_F(CreateOrder, rejects_an_invalid_seen_price) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer");
    buyer.post("/api/orders", R"({"items":[{"ticketId":"concert","price":-1,"currency":"XXX"}]})")
        .expect(400)
        .expect_field("items[0].price")
        .expect_field("items[0].currency");
    buyer.post("/api/orders", R"({"ticketId":"concert","price":true})").expect(400).expect_field("price");
    buyer.post("/api/orders", R"({"ticketId":"concert","price":null,"currency":null})").expect(201);
}

TEST_F(CreateOrder, publishes_the_version_of_the_listing_that_was_ordered) {
    orders.receives(ticket_created("concert"), ticket_updated("concert", 2, {}));
    (void)place_order("buyer", "concert");
    EXPECT_EQ(orders.published<contracts::OrderCreated>().at(0).items.at(0).ticket_version, 2);
}

TEST_F(CreateOrder, limits_the_unpaid_orders_of_a_buyer) {
    orders.receives(ticket_created("concert"), ticket_created("play"));
    auto first = place_order("buyer", "concert");
    for (int i = 0; i < 2; ++i) (void)place_order("buyer", "concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "unpaid");
    (void)place_order("another", "concert");
    orders.as("buyer").delete_("/api/orders/" + first).expect(204);
    (void)place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{16});
    (void)place_order("buyer", "play");
}

TEST_F(CreateOrder, limits_what_one_buyer_gets_in_all_orders_together) {
    orders.receives(ticket_created("concert", {.max_per_buyer = 3}));
    auto order = [&](const std::string& buyer, int quantity) {
        return orders.as(buyer).post("/api/orders",
                                     R"({"ticketId":"concert","quantity":)" + std::to_string(quantity) + "}");
    };
    order("buyer", 4).expect(409, "limited to 3 per buyer").expect_field("items[0]");
    auto first = order("buyer", 2).expect(201).at("id");
    order("buyer", 2).expect(409);
    EXPECT_EQ(available("concert"), 8);
    order("buyer", 1).expect(201);
    order("another", 3).expect(201);
    orders.as("buyer").delete_("/api/orders/" + first).expect(204);
    orders.clock.advance(std::chrono::minutes{1});
    order("buyer", 2).expect(201);
    orders.receives(contracts::TicketUpdated{listing("concert", {}, 2)});
    order("buyer", 4).expect(201);
}

TEST(ConfirmedEmails, are_required_by_the_setting) {
    ServiceTest orders{make_service, {}, {.confirmed_emails = true}};
    orders.receives(ticket_created("concert"));
    auto order = [&](const testing::Client& buyer) {
        return buyer.post("/api/orders", R"({"ticketId":"concert"})");
    };
    order(orders.as("buyer")).expect(403, "Confirm your email address");
    order(orders.nobody()).expect(401);
    auto claims = orders.claims("buyer");
    claims.confirmed = true;
    order(orders.nobody().with("Authorization", "Bearer " + orders.token(claims))).expect(201);
}

TEST_F(CreateOrder, runs_once_per_idempotency_key) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer").with("Idempotency-Key", "one");
    auto first = buyer.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
    auto again = buyer.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(available("concert"), 9);
    EXPECT_NE(orders.metrics.to_text().find("\nstagedoor_orders_placed_total 1\n"), std::string::npos);
    buyer.post("/api/orders", R"({"ticketId":"concert","quantity":2})").expect(422);
    EXPECT_NE(orders.as("another")
                  .with("Idempotency-Key", "one")
                  .post("/api/orders", R"({"ticketId":"concert"})")
                  .expect(201)
                  .at("id"),
              first.at("id"));
    orders.clock.advance(std::chrono::hours{25});
    EXPECT_NE(orders.as("buyer")
                  .with("Idempotency-Key", "one")
                  .post("/api/orders", R"({"ticketId":"concert"})")
                  .expect(201)
                  .at("id"),
              first.at("id"));
}

TEST_F(CreateOrder, replays_a_final_error_but_not_a_temporary_one) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto holder = place_order("holder", "concert");
    auto own = orders.as("seller").with("Idempotency-Key", "own");
    own.post("/api/orders", R"({"ticketId":"concert"})").expect(403);
    auto unknown = orders.as("buyer").with("Idempotency-Key", "unknown");
    unknown.post("/api/orders", R"({"ticketId":"later"})").expect(404);
    auto too_few = orders.as("buyer").with("Idempotency-Key", "short");
    too_few.post("/api/orders", R"({"ticketId":"concert"})").expect(409);

    orders.receives(ticket_created("later"));
    orders.as("holder").delete_("/api/orders/" + holder).expect(204);
    own.post("/api/orders", R"({"ticketId":"concert"})").expect(403);
    unknown.post("/api/orders", R"({"ticketId":"later"})").expect(201);
    too_few.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
}

TEST_F(CreateOrder, sells_expired_tickets_the_moment_their_hold_ends) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto late = place_order("late", "concert");
    orders.clock.advance(std::chrono::minutes{15} - std::chrono::milliseconds{1});
    orders.as("quick").post("/api/orders", R"({"ticketId":"concert"})").expect(409);
    orders.clock.advance(std::chrono::milliseconds{1});

    (void)place_order("quick", "concert");  // no timer has fired yet

    EXPECT_EQ(orders.as("late").get("/api/orders/" + late).expect(200).at("status"), "cancelled");
    auto cancelled = orders.published<contracts::OrderCancelled>();
    ASSERT_EQ(cancelled.size(), 1u);
    EXPECT_EQ(cancelled[0].id.text, late);
    EXPECT_EQ(cancelled[0].reason, CancelReason::expired);
    EXPECT_EQ(cancelled[0].version, 2);
    EXPECT_EQ(orders.number("SELECT held FROM tickets WHERE id = 'concert'"), 1);
}

TEST(CreateOrderWithoutLimits, releases_as_many_expired_orders_as_it_needs) {
    ServiceTest unlimited{make_service, {}, {.rate_limits = false}};
    unlimited.receives(ticket_created("concert", {.quantity = 150, .max_per_order = 1000}));
    for (int i = 0; i < 150; ++i)
        unlimited.as("late").post("/api/orders", R"({"ticketId":"concert"})").expect(201);
    unlimited.clock.advance(std::chrono::minutes{15});
    unlimited.as("quick").post("/api/orders", R"({"ticketId":"concert","quantity":150})").expect(201);
    EXPECT_EQ(unlimited.number("SELECT capacity - held - sold FROM tickets"), 0);
    EXPECT_EQ(unlimited.published<contracts::OrderCancelled>().size(), 150u);
}

TEST_F(CreateOrder, waits_for_a_ticket_whose_event_is_in_flight) {
    auto id = runtime::new_uuid(orders.random, orders.clock.now());
    std::thread bus{[&] { orders.receives(ticket_created(id)); }};
    orders.as("buyer").post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(201);
    bus.join();
}

TEST_F(CreateOrder, responds_404_for_a_new_ticket_after_two_seconds) {
    auto id = runtime::new_uuid(orders.random, orders.clock.now());
    std::atomic<bool> responded = false;
    std::thread buyer{[&] {
        orders.as("buyer").post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(404);
        responded = true;
    }};
    eventually([&] {
        if (!responded) orders.clock.advance(std::chrono::milliseconds{50});
        return responded.load();
    });
    buyer.join();
}

TEST_F(CreateOrder, rejects_cross_site_requests) {
    orders.receives(ticket_created("concert"));
    orders.as("buyer")
        .with("Sec-Fetch-Site", "cross-site")
        .post("/api/orders", R"({"ticketId":"concert"})")
        .expect(403);
    orders.as("buyer")
        .with("Origin", "https://evil.example")
        .post("/api/orders", R"({"ticketId":"concert"})")
        .expect(403);
    EXPECT_EQ(available("concert"), 10);
}

}  // namespace stagedoor::orders
