// The routes of orders and Idempotency-Key, as specified in docs/contract.md.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

void cancel(const Response& order) { shared().buyer().delete_("/api/orders/" + order.at("id")).expect(204); }

std::int64_t available(const std::string& ticket) {
    return shared().anonymous().get("/api/tickets/" + ticket).expect(200).number("available");
}

TEST(CreateOrder, accepts_a_single_ticket_id) {
    auto id = list_ticket(shared().seller(), {.title = "A play", .price = "12.50", .quantity = 3});
    auto reply = shared().buyer().post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(201);
    EXPECT_EQ(reply.at("status"), "created");
    EXPECT_EQ(reply.at("userId"), shared().ben.id);
    EXPECT_EQ(reply.at("total"), "12.50");
    EXPECT_EQ(reply.at("currency"), "USD");
    EXPECT_EQ(reply.at("version"), "1");
    EXPECT_EQ(reply.count("items"), 1u);
    EXPECT_EQ(reply.at("items[0].ticket.id"), id);
    EXPECT_EQ(reply.at("items[0].quantity"), "1");
    EXPECT_EQ(reply.at("ticket.id"), id);
    EXPECT_EQ(reply.at("ticket.title"), "A play");
    EXPECT_EQ(reply.at("ticket.price"), "12.50");
    auto expires = Instant::parse(reply.at("expiresAt"));
    ASSERT_TRUE(expires) << reply.body;
    EXPECT_NEAR(static_cast<double>(expires->milliseconds - now_ms()), 900'000.0, 10'000.0);
    EXPECT_EQ(shared().buyer().get("/api/orders/" + reply.at("id")).expect(200).body, reply.body);
    EXPECT_TRUE(becomes_true([&] { return available(id) == 2; }, 2s));
    cancel(reply);
}

TEST(CreateOrder, adds_up_tickets_of_several_sellers) {
    auto one = list_ticket(shared().seller(), {.price = "19.99", .quantity = 5});
    auto two = list_ticket(shared().stranger(), {.price = "0.50", .quantity = 5});
    auto reply = order(shared().buyer(), {{one, 3}, {two, 2}}).expect(201);
    EXPECT_EQ(reply.at("total"), "60.97");
    EXPECT_EQ(reply.count("items"), 2u);
    EXPECT_EQ(reply.at("ticket.id"), reply.at("items[0].ticket.id"));
    EXPECT_EQ(reply.at("ticket.title"), reply.at("items[0].ticket.title"));
    cancel(reply);
}

TEST(CreateOrder, works_right_after_the_listing) {
    for (int i = 0; i < 50; ++i) {
        auto id = list_ticket(shared().seller());
        cancel(order(shared().buyer(), {{id}}).expect(201));
    }
}

TEST(CreateOrder, holds_all_or_nothing_and_names_the_tickets_that_fell_short) {
    auto plenty = list_ticket(shared().seller(), {.title = "Plenty", .quantity = 10});
    auto few = list_ticket(shared().seller(), {.title = "Few", .quantity = 2});
    auto none = list_ticket(shared().seller(), {.title = "None", .quantity = 1});
    auto held = order(shared().buyer(), {{none}}).expect(201);
    auto rejected =
        order(shared().stranger(), {{plenty, 3}, {few, 3}, {none, 1}}).expect(409, "Few").expect(409, "None");
    EXPECT_EQ(rejected.count("errors"), 2u) << rejected.body;
    EXPECT_EQ(rejected.body.find("Plenty"), std::string::npos) << rejected.body;
    EXPECT_NE(rejected.body.find(few), std::string::npos);
    EXPECT_NE(rejected.body.find(none), std::string::npos);
    auto all = order(shared().stranger(), {{plenty, 10}}).expect(201);
    shared().stranger().delete_("/api/orders/" + all.at("id")).expect(204);
    cancel(held);
}

TEST(CreateOrder, rejects_invalid_orders) {
    auto id = list_ticket(shared().seller(), {.quantity = 50, .max_per_order = 4});
    auto wrong = [&](const std::string& body, std::vector<std::string> fields,
                     Where where = Where::current()) {
        shared()
            .buyer()
            .post("/api/orders", body)
            .expect(400, {}, where)
            .expect_fields(std::move(fields), where);
    };
    for (auto nothing : {"{}", R"({"ticketId":null})", R"({"items":null})", R"({"quantity":1})"})
        wrong(nothing, {"ticketId"});
    wrong(R"({"items":[]})", {"items"});
    wrong(R"({"items":"x"})", {"items"});
    wrong(R"({"items":[{}]})", {"items[0].ticketId"});
    wrong(basket({{id, 0}}), {"items[0].quantity"});
    wrong(basket({{id, -1}}), {"items[0].quantity"});
    wrong(basket({{id, 1001}}), {"items[0].quantity"});
    wrong(basket({{id}, {id}}), {"items[1].ticketId"});
    wrong(R"({"ticketId":"x","items":[{"ticketId":"y"}]})", {"items"});
    wrong(R"({"ticketId":"x","quantity":0})", {"quantity"});
    std::vector<OrderItem> many;
    for (int i = 0; i < 21; ++i) many.push_back({"t" + std::to_string(i)});
    wrong(basket(many), {"items"});
    auto euro = list_ticket(shared().seller(), {.more = R"(,"currency":"EUR")"});
    shared().buyer().post("/api/orders", basket({{id}, {euro}})).expect(400);
    order(shared().buyer(), {{id, 5}}).expect(409, "4");
    cancel(order(shared().buyer(), {{id, 4}}).expect(201));
    cancel(order(shared().buyer(), {{euro}}).expect(201));
}

TEST(CreateOrder, rejects_unknown_and_own_tickets) {
    auto own = list_ticket(shared().buyer());
    auto other = list_ticket(shared().seller());
    order(shared().buyer(), {{own}}).expect(403);
    order(shared().buyer(), {{other}, {own}}).expect(403);
    order(shared().buyer(), {{"0190f3a0-0000-7000-8000-000000000000"}}).expect(404);
    order(shared().buyer(), {{"nonsense"}}).expect(404);
    order(shared().buyer(), {{other}, {"nonsense"}}).expect(404, "nonsense");
    cancel(order(shared().buyer(), {{other}}).expect(201));  // none of the rejected orders held it
}

TEST(ShowOrder, is_for_its_buyer_only) {
    auto id = list_ticket(shared().seller());
    auto mine = order(shared().buyer(), {{id}}).expect(201);
    auto target = "/api/orders/" + mine.at("id");
    shared().stranger().get(target).expect(403);
    shared().seller().get(target).expect(403);
    shared().stranger().delete_(target).expect(403);
    shared().buyer().get("/api/orders/nonsense").expect(404);
    shared().buyer().delete_("/api/orders/nonsense").expect(404);
    EXPECT_EQ(shared().stranger().get("/api/orders").expect(200).body.find(mine.at("id")), std::string::npos);
    EXPECT_EQ(shared().buyer().get(target).expect(200).at("status"), "created");
    cancel(mine);
}

TEST(CancelOrder, releases_the_tickets_once) {
    auto id = list_ticket(shared().seller(), {.quantity = 2});
    auto mine = order(shared().buyer(), {{id, 2}}).expect(201);
    order(shared().stranger(), {{id}}).expect(409);
    cancel(mine);
    cancel(mine);
    auto current = shared().buyer().get("/api/orders/" + mine.at("id")).expect(200);
    EXPECT_EQ(current.at("status"), "cancelled");
    EXPECT_EQ(current.at("version"), "2");
    auto next = order(shared().stranger(), {{id, 2}}).expect(201);
    cancel(mine);
    order(shared().buyer(), {{id}}).expect(409);  // the other buyer's hold was not released
    shared().stranger().delete_("/api/orders/" + next.at("id")).expect(204);
}

TEST(Order, keeps_the_price_at_which_it_was_placed) {
    auto id = list_ticket(shared().seller(), {.title = "Cheap", .price = "10", .quantity = 3});
    auto mine = order(shared().buyer(), {{id, 2}}).expect(201);
    shared().seller().put("/api/tickets/" + id, R"({"title":"Expensive","price":99})").expect(200);
    auto current = shared().buyer().get("/api/orders/" + mine.at("id")).expect(200);
    EXPECT_EQ(current.at("total"), "20.00");
    EXPECT_EQ(current.at("ticket.title"), "Cheap");
    Response later;
    EXPECT_TRUE(becomes_true(
        [&] {
            later = order(shared().stranger(), {{id}});
            if (later.at("total") == "99.00") return true;
            shared().stranger().delete_("/api/orders/" + later.at("id")).expect(204);
            return false;
        },
        2s));
    EXPECT_EQ(later.at("ticket.version"), "2");
    shared().stranger().delete_("/api/orders/" + later.at("id")).expect(204);
    cancel(mine);
}

TEST(Orders, are_paged_newest_first) {
    auto buyer = sign_up(shared().url);
    auto id = list_ticket(shared().seller(), {.quantity = 20});
    std::vector<std::string> ids;
    for (int i = 0; i < 7; ++i) ids.push_back(order(buyer.at(shared().url), {{id}}).expect(201).at("id"));
    std::vector<std::string> found;
    for (auto& each : all_pages(buyer.at(shared().url), "/api/orders?limit=2"))
        found.push_back(*each["id"].string());
    std::ranges::sort(ids, std::greater{});
    EXPECT_EQ(found, ids);
    shared().buyer().get("/api/orders?limit=0").expect(400).expect_fields({"limit"});
    shared().buyer().get("/api/orders?after=nonsense").expect(400).expect_fields({"after"});
    for (const auto& each : ids) buyer.at(shared().url).delete_("/api/orders/" + each).expect(204);
}

// ---- Idempotency-Key

TEST(IdempotencyKey, replays_the_first_response) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto buyer = shared().buyer().with("Idempotency-Key", fresh_word());
    auto first = order(buyer, {{id}}).expect(201);
    auto again = order(buyer, {{id}}).expect(201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_TRUE(becomes_true([&] { return available(id) == 4; }, 2s));
    cancel(first);
    EXPECT_EQ(order(buyer, {{id}}).expect(201).body, first.body);  // replayed without effect

    auto seller = shared().seller().with("Idempotency-Key", fresh_word());
    auto listed = seller.post("/api/tickets", Offer{}.json()).expect(201);
    EXPECT_EQ(seller.post("/api/tickets", Offer{}.json()).expect(201).body, listed.body);
}

TEST(IdempotencyKey, is_rejected_with_another_body) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto buyer = shared().buyer().with("Idempotency-Key", fresh_word());
    auto first = order(buyer, {{id}}).expect(201);
    order(buyer, {{id, 2}}).expect(422);
    cancel(first);
}

// The same JSON is the same body.
TEST(IdempotencyKey, compares_the_content_of_bodies) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto buyer = shared().buyer().with("Idempotency-Key", fresh_word());
    auto first = buyer.post("/api/orders", R"({"ticketId":")" + id + R"(","quantity":2})").expect(201);
    for (const auto& same : {R"({ "quantity": 2, "ticketId": ")" + id + "\" }",
                             "\xef\xbb\xbf{\"quantity\":2,\"ticketId\":\"" + id + "\"}"})
        EXPECT_EQ(buyer.post("/api/orders", same).expect(201).body, first.body) << same;
    EXPECT_EQ(buyer.post("/api/orders/", R"({"ticketId":")" + id + R"(","quantity":2})").expect(201).body,
              first.body);
    buyer.post("/api/orders", R"({"ticketId":")" + id + R"(","quantity":3})").expect(422);
    buyer.post("/api/orders", R"({"ticketId":")" + id + R"(","quantity":2,"note":1})").expect(422);
    cancel(first);
}

TEST(IdempotencyKey, belongs_to_one_user_and_one_route) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto key = fresh_word();
    auto one = order(shared().buyer().with("Idempotency-Key", key), {{id}}).expect(201);
    auto two = order(shared().stranger().with("Idempotency-Key", key), {{id}}).expect(201);
    EXPECT_NE(one.at("id"), two.at("id"));
    shared().buyer().with("Idempotency-Key", key).post("/api/tickets", Offer{}.json()).expect(201);
    cancel(one);
    shared().stranger().delete_("/api/orders/" + two.at("id")).expect(204);
}

TEST(IdempotencyKey, stores_final_errors_but_not_temporary_ones) {
    auto id = list_ticket(shared().seller());
    auto held = order(shared().buyer(), {{id}}).expect(201);
    auto waiting = shared().stranger().with("Idempotency-Key", fresh_word());
    order(waiting, {{id}}).expect(409);
    cancel(held);
    auto later = order(waiting, {{id}}).expect(201);  // sold out is temporary
    shared().stranger().delete_("/api/orders/" + later.at("id")).expect(204);

    auto unknown = shared().buyer().with("Idempotency-Key", fresh_word());
    order(unknown, {{"nonsense"}}).expect(404);
    cancel(order(unknown, {{id}}).expect(201));  // nothing was stored, so the key is still unused

    auto own = shared().seller().with("Idempotency-Key", fresh_word());
    auto rejected = order(own, {{id}}).expect(403);
    EXPECT_EQ(order(own, {{id}}).expect(403).body, rejected.body);
    order(own, {{"nonsense"}}).expect(422);
}

TEST(IdempotencyKey, has_1_to_255_visible_characters) {
    auto id = list_ticket(shared().seller());
    for (const auto& key :
         {std::string{}, std::string(256, 'x'), std::string{"with space"}, std::string{"ümlaut"}}) {
        order(shared().buyer().with("Idempotency-Key", key), {{id}}).expect(400);
    }
    cancel(order(shared().buyer().with("Idempotency-Key", fresh_word() + std::string(200, 'x')), {{id}})
               .expect(201));
}

}  // namespace
}  // namespace stagedoor::testing
