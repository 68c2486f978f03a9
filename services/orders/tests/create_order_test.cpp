#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct CreateOrder : Test {};

TEST_F(CreateOrder, holds_several_tickets_of_several_sellers) {
    orders.receives(ticket_created("concert", {.seller = "anna"}),
                    ticket_created("play", {.price = {500, {}}, .seller = "ben"}));

    auto answer = orders.as("buyer").post(
        "/api/orders", R"({"items":[{"ticketId":"play","quantity":2},{"ticketId":"concert"}]})");

    answer.expect(201);
    EXPECT_EQ(answer.at("status"), "created");
    EXPECT_EQ(answer.at("total"), "29.99");
    EXPECT_EQ(answer.at("currency"), "USD");
    EXPECT_EQ(answer.at("userId"), "buyer");
    EXPECT_EQ(answer.at("expiresAt"), (orders.clock.now() + std::chrono::minutes{15}).to_text());
    EXPECT_EQ(answer.at("items[0].ticket.title"), "The concert");
    EXPECT_EQ(answer.at("items[1].quantity"), "2");
    EXPECT_EQ(answer.at("ticket"), "") << "only with exactly one item";
    EXPECT_EQ(available("concert"), 9);
    EXPECT_EQ(available("play"), 8);
    auto told = orders.published<contracts::OrderCreated>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].version, 1);
    EXPECT_EQ(told[0].items.size(), 2u);
    EXPECT_EQ(told[0].items[0].seller_id.text, "anna");
}

TEST_F(CreateOrder, takes_one_ticket_named_at_the_top) {
    orders.receives(ticket_created("concert"));
    auto answer = orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})");
    answer.expect(201);
    EXPECT_EQ(answer.at("ticket.id"), "concert");
    EXPECT_EQ(answer.at("ticket.price"), "19.99");
    EXPECT_EQ(answer.at("items[0].quantity"), "1");
}

TEST_F(CreateOrder, holds_nothing_when_one_ticket_falls_short) {
    orders.receives(ticket_created("concert"), ticket_created("play", {.quantity = 1}),
                    ticket_created("opera", {.quantity = 2}));

    auto answer = orders.as("buyer").post(
        "/api/orders",
        R"({"items":[{"ticketId":"concert"},{"ticketId":"play","quantity":2},{"ticketId":"opera","quantity":3}]})");

    answer.expect(409, "play").expect(409, "opera").expect_field("items[1]").expect_field("items[2]");
    EXPECT_EQ(answer.body.find("concert"), std::string::npos) << "names only those that fell short";
    EXPECT_TRUE(orders.published<contracts::OrderCreated>().empty());
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(available("play"), 1);
    EXPECT_EQ(orders.number("SELECT count(*) FROM orders"), 0);
}

TEST_F(CreateOrder, refuses_what_is_no_order) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer");
    buyer.post("/api/orders", "{}").expect(400).expect_field("items");
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

TEST_F(CreateOrder, refuses_two_currencies) {
    orders.receives(ticket_created("concert"),
                    ticket_created("play", {.price = {500, *Currency::parse("EUR")}}));
    orders.as("buyer")
        .post("/api/orders", R"({"items":[{"ticketId":"concert"},{"ticketId":"play"}]})")
        .expect(400)
        .expect_field("items");
    EXPECT_EQ(available("concert"), 10);
    EXPECT_EQ(available("play"), 10);
}

TEST_F(CreateOrder, wants_a_session) { orders.post("/api/orders", R"({"ticketId":"concert"})").expect(401); }

TEST_F(CreateOrder, refuses_ones_own_ticket) {
    orders.receives(ticket_created("concert", {.seller = "anna"}));
    orders.as("anna").post("/api/orders", R"({"ticketId":"concert"})").expect(403, "your own");
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(CreateOrder, knows_no_such_ticket) {
    orders.as("buyer").post("/api/orders", R"({"ticketId":"nothing"})").expect(404, "nothing");
}

TEST_F(CreateOrder, refuses_past_withdrawn_and_too_many_at_once) {
    orders.receives(ticket_created("past", {.starts_at = orders.clock.now()}), ticket_created("gone"),
                    contracts::TicketWithdrawn{listing("gone", {.quantity = 0}, 2)},
                    ticket_created("rare", {.max_per_order = 2}));
    auto buyer = orders.as("buyer");
    buyer.post("/api/orders", R"({"ticketId":"past"})").expect(409, "begun");
    buyer.post("/api/orders", R"({"ticketId":"gone"})").expect(409, "no longer on sale");
    buyer.post("/api/orders", R"({"ticketId":"rare","quantity":3})").expect(409, "at most 2");
    buyer.post("/api/orders", R"({"ticketId":"rare","quantity":2})").expect(201);
}

TEST_F(CreateOrder, limits_unpaid_orders_of_a_buyer) {
    orders.receives(ticket_created("concert"));
    auto first = ordered("buyer", "concert");
    for (int i = 0; i < 2; ++i) (void)ordered("buyer", "concert");
    orders.as("buyer").post("/api/orders", R"({"ticketId":"concert"})").expect(409, "unpaid");
    (void)ordered("another", "concert");
    orders.as("buyer").delete_("/api/orders/" + first).expect(204);
    (void)ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{16});
    (void)ordered("buyer", "concert");
}

TEST_F(CreateOrder, is_done_once_for_one_key) {
    orders.receives(ticket_created("concert"));
    auto buyer = orders.as("buyer").with("Idempotency-Key", "one");
    auto first = buyer.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
    auto again = buyer.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(available("concert"), 9);
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

TEST_F(CreateOrder, remembers_a_final_refusal_but_not_what_may_change) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto holder = ordered("holder", "concert");
    auto own = orders.as("seller").with("Idempotency-Key", "own");
    own.post("/api/orders", R"({"ticketId":"concert"})").expect(403);
    auto unknown = orders.as("buyer").with("Idempotency-Key", "unknown");
    unknown.post("/api/orders", R"({"ticketId":"later"})").expect(404);
    auto short_of = orders.as("buyer").with("Idempotency-Key", "short");
    short_of.post("/api/orders", R"({"ticketId":"concert"})").expect(409);

    orders.receives(ticket_created("later"));
    orders.as("holder").delete_("/api/orders/" + holder).expect(204);
    own.post("/api/orders", R"({"ticketId":"concert"})").expect(403);
    unknown.post("/api/orders", R"({"ticketId":"later"})").expect(201);
    short_of.post("/api/orders", R"({"ticketId":"concert"})").expect(201);
}

TEST_F(CreateOrder, takes_over_what_ran_out_at_that_very_second) {
    orders.receives(ticket_created("concert", {.quantity = 1}));
    auto late = ordered("late", "concert");
    orders.clock.advance(std::chrono::minutes{15} - std::chrono::milliseconds{1});
    orders.as("quick").post("/api/orders", R"({"ticketId":"concert"})").expect(409);
    orders.clock.advance(std::chrono::milliseconds{1});

    (void)ordered("quick", "concert");  // no timer has told anything

    EXPECT_EQ(orders.as("late").get("/api/orders/" + late).expect(200).at("status"), "cancelled");
    auto cancelled = orders.published<contracts::OrderCancelled>();
    ASSERT_EQ(cancelled.size(), 1u);
    EXPECT_EQ(cancelled[0].id.text, late);
    EXPECT_EQ(cancelled[0].reason, CancelReason::expired);
    EXPECT_EQ(cancelled[0].version, 2);
    EXPECT_EQ(orders.number("SELECT held FROM tickets WHERE id = 'concert'"), 1);
}

TEST_F(CreateOrder, takes_over_as_many_as_it_wants_from_many_that_ran_out) {
    orders.receives(ticket_created("concert", {.quantity = 150, .max_per_order = 1000}));
    for (int i = 0; i < 150; ++i) (void)ordered("late" + std::to_string(i), "concert");
    orders.clock.advance(std::chrono::minutes{15});
    orders.as("quick").post("/api/orders", R"({"ticketId":"concert","quantity":150})").expect(201);
    EXPECT_EQ(available("concert"), 0);
    EXPECT_EQ(orders.published<contracts::OrderCancelled>().size(), 150u);
}

TEST_F(CreateOrder, waits_for_a_ticket_that_is_on_its_way) {
    auto id = runtime::new_uuid(orders.random, orders.clock.now());
    std::thread bus{[&] { orders.receives(ticket_created(id)); }};
    orders.as("buyer").post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(201);
    bus.join();
}

TEST_F(CreateOrder, gives_up_on_a_new_ticket_after_two_seconds) {
    auto id = runtime::new_uuid(orders.random, orders.clock.now());
    std::atomic<bool> answered = false;
    std::thread buyer{[&] {
        orders.as("buyer").post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(404);
        answered = true;
    }};
    eventually([&] {
        if (!answered) orders.clock.advance(std::chrono::milliseconds{50});
        return answered.load();
    });
    buyer.join();
}

TEST_F(CreateOrder, refuses_another_site) {
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
