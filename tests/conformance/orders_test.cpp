// CONTRACT.md, the routes of orders, and the Idempotency-Key.
#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

void cancel(const Reply& order) { stage().buyer().delete_("/api/orders/" + order.at("id")).expect(204); }

std::int64_t available(const std::string& ticket) {
    return stage().nobody().get("/api/tickets/" + ticket).expect(200).number("available");
}

TEST(CreateOrder, of_one_ticket_named_at_the_top) {
    auto id = list_ticket(stage().seller(), {.title = "A play", .price = "12.50", .quantity = 3});
    auto reply = stage().buyer().post("/api/orders", R"({"ticketId":")" + id + R"("})").expect(201);
    EXPECT_EQ(reply.at("status"), "created");
    EXPECT_EQ(reply.at("userId"), stage().ben.id);
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
    EXPECT_EQ(stage().buyer().get("/api/orders/" + reply.at("id")).expect(200).body, reply.body);
    EXPECT_TRUE(comes_true([&] { return available(id) == 2; }, 2s));
    cancel(reply);
}

TEST(CreateOrder, of_several_sellers_adds_up) {
    auto one = list_ticket(stage().seller(), {.price = "19.99", .quantity = 5});
    auto two = list_ticket(stage().stranger(), {.price = "0.01", .quantity = 5});
    auto reply = order(stage().buyer(), {{one, 3}, {two, 2}}).expect(201);
    EXPECT_EQ(reply.at("total"), "59.99");
    EXPECT_EQ(reply.count("items"), 2u);
    EXPECT_EQ(reply.at("ticket"), "");
    cancel(reply);
}

TEST(CreateOrder, can_follow_the_listing_at_once) {
    for (int i = 0; i < 50; ++i) {
        auto id = list_ticket(stage().seller());
        cancel(order(stage().buyer(), {{id}}).expect(201));
    }
}

TEST(CreateOrder, holds_all_or_nothing_and_names_what_fell_short) {
    auto plenty = list_ticket(stage().seller(), {.title = "Plenty", .quantity = 10});
    auto few = list_ticket(stage().seller(), {.title = "Few", .quantity = 2});
    auto none = list_ticket(stage().seller(), {.title = "None", .quantity = 1});
    auto held = order(stage().buyer(), {{none}}).expect(201);
    auto refused =
        order(stage().stranger(), {{plenty, 3}, {few, 3}, {none, 1}}).expect(409, "Few").expect(409, "None");
    EXPECT_EQ(refused.count("errors"), 2u) << refused.body;
    EXPECT_EQ(refused.body.find("Plenty"), std::string::npos) << refused.body;
    EXPECT_NE(refused.body.find(few), std::string::npos);
    EXPECT_NE(refused.body.find(none), std::string::npos);
    auto all = order(stage().stranger(), {{plenty, 10}}).expect(201);
    stage().stranger().delete_("/api/orders/" + all.at("id")).expect(204);
    cancel(held);
}

TEST(CreateOrder, refuses_what_is_no_order) {
    auto id = list_ticket(stage().seller(), {.quantity = 50, .max_per_order = 4});
    auto wrong = [&](const std::string& body, std::vector<std::string> fields,
                     Where where = Where::current()) {
        stage()
            .buyer()
            .post("/api/orders", body)
            .expect(400, {}, where)
            .expect_fields(std::move(fields), where);
    };
    wrong("{}", {"items"});
    wrong(R"({"items":[]})", {"items"});
    wrong(R"({"items":"x"})", {"items"});
    wrong(R"({"items":[{}]})", {"items[0].ticketId"});
    wrong(basket({{id, 0}}), {"items[0].quantity"});
    wrong(basket({{id, -1}}), {"items[0].quantity"});
    wrong(basket({{id, 1001}}), {"items[0].quantity"});
    wrong(basket({{id}, {id}}), {"items[1].ticketId"});
    wrong(R"({"ticketId":"x","items":[{"ticketId":"y"}]})", {"items"});
    wrong(R"({"ticketId":"x","quantity":0})", {"quantity"});
    std::vector<Wanted> many;
    for (int i = 0; i < 21; ++i) many.push_back({"t" + std::to_string(i)});
    wrong(basket(many), {"items"});
    auto euro = list_ticket(stage().seller(), {.more = R"(,"currency":"EUR")"});
    stage().buyer().post("/api/orders", basket({{id}, {euro}})).expect(400);
    order(stage().buyer(), {{id, 5}}).expect(409, "4");
    cancel(order(stage().buyer(), {{id, 4}}).expect(201));
    cancel(order(stage().buyer(), {{euro}}).expect(201));
}

TEST(CreateOrder, refuses_unknown_and_own_tickets) {
    auto own = list_ticket(stage().buyer());
    auto other = list_ticket(stage().seller());
    order(stage().buyer(), {{own}}).expect(403);
    order(stage().buyer(), {{other}, {own}}).expect(403);
    order(stage().buyer(), {{"0190f3a0-0000-7000-8000-000000000000"}}).expect(404);
    order(stage().buyer(), {{"nonsense"}}).expect(404);
    order(stage().buyer(), {{other}, {"nonsense"}}).expect(404, "nonsense");
    cancel(order(stage().buyer(), {{other}}).expect(201));  // none of these held it
}

TEST(ShowOrder, is_its_buyers_only) {
    auto id = list_ticket(stage().seller());
    auto mine = order(stage().buyer(), {{id}}).expect(201);
    auto target = "/api/orders/" + mine.at("id");
    stage().stranger().get(target).expect(403);
    stage().seller().get(target).expect(403);
    stage().stranger().delete_(target).expect(403);
    stage().buyer().get("/api/orders/nonsense").expect(404);
    stage().buyer().delete_("/api/orders/nonsense").expect(404);
    EXPECT_EQ(stage().stranger().get("/api/orders").expect(200).body.find(mine.at("id")), std::string::npos);
    EXPECT_EQ(stage().buyer().get(target).expect(200).at("status"), "created");
    cancel(mine);
}

TEST(CancelOrder, gives_the_tickets_back_once) {
    auto id = list_ticket(stage().seller(), {.quantity = 2});
    auto mine = order(stage().buyer(), {{id, 2}}).expect(201);
    order(stage().stranger(), {{id}}).expect(409);
    cancel(mine);
    cancel(mine);
    auto shown = stage().buyer().get("/api/orders/" + mine.at("id")).expect(200);
    EXPECT_EQ(shown.at("status"), "cancelled");
    EXPECT_EQ(shown.at("version"), "2");
    auto next = order(stage().stranger(), {{id, 2}}).expect(201);
    cancel(mine);
    order(stage().buyer(), {{id}}).expect(409);  // what another holds now was not released
    stage().stranger().delete_("/api/orders/" + next.at("id")).expect(204);
}

TEST(Order, keeps_the_price_that_it_was_made_at) {
    auto id = list_ticket(stage().seller(), {.title = "Cheap", .price = "10", .quantity = 3});
    auto mine = order(stage().buyer(), {{id, 2}}).expect(201);
    stage().seller().put("/api/tickets/" + id, R"({"title":"Dear","price":99})").expect(200);
    auto shown = stage().buyer().get("/api/orders/" + mine.at("id")).expect(200);
    EXPECT_EQ(shown.at("total"), "20.00");
    EXPECT_EQ(shown.at("ticket.title"), "Cheap");
    Reply later;
    EXPECT_TRUE(comes_true(
        [&] {
            later = order(stage().stranger(), {{id}});
            if (later.at("total") == "99.00") return true;
            stage().stranger().delete_("/api/orders/" + later.at("id")).expect(204);
            return false;
        },
        2s));
    EXPECT_EQ(later.at("ticket.version"), "2");
    stage().stranger().delete_("/api/orders/" + later.at("id")).expect(204);
    cancel(mine);
}

TEST(Orders, come_in_pages_newest_first) {
    auto buyer = sign_up(stage().url);
    auto id = list_ticket(stage().seller(), {.quantity = 20});
    std::vector<std::string> ids;
    for (int i = 0; i < 7; ++i) ids.push_back(order(buyer.at(stage().url), {{id}}).expect(201).at("id"));
    std::vector<std::string> found;
    for (auto& each : every_page(buyer.at(stage().url), "/api/orders?limit=2"))
        found.push_back(*each["id"].string());
    std::ranges::sort(ids, std::greater{});
    EXPECT_EQ(found, ids);
    stage().buyer().get("/api/orders?limit=0").expect(400).expect_fields({"limit"});
    stage().buyer().get("/api/orders?after=nonsense").expect(400).expect_fields({"after"});
    for (const auto& each : ids) buyer.at(stage().url).delete_("/api/orders/" + each).expect(204);
}

// ---- Idempotency-Key

TEST(IdempotencyKey, gives_the_first_answer_again) {
    auto id = list_ticket(stage().seller(), {.quantity = 5});
    auto buyer = stage().buyer().with("Idempotency-Key", fresh_word());
    auto first = order(buyer, {{id}}).expect(201);
    auto again = order(buyer, {{id}}).expect(201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_TRUE(comes_true([&] { return available(id) == 4; }, 2s));
    cancel(first);
    EXPECT_EQ(order(buyer, {{id}}).expect(201).body, first.body);  // it says what was said, and does nothing

    auto seller = stage().seller().with("Idempotency-Key", fresh_word());
    auto listed = seller.post("/api/tickets", Offer{}.json()).expect(201);
    EXPECT_EQ(seller.post("/api/tickets", Offer{}.json()).expect(201).body, listed.body);
}

TEST(IdempotencyKey, is_refused_with_another_body) {
    auto id = list_ticket(stage().seller(), {.quantity = 5});
    auto buyer = stage().buyer().with("Idempotency-Key", fresh_word());
    auto first = order(buyer, {{id}}).expect(201);
    order(buyer, {{id, 2}}).expect(422);
    cancel(first);
}

TEST(IdempotencyKey, is_its_users_and_its_routes) {
    auto id = list_ticket(stage().seller(), {.quantity = 5});
    auto key = fresh_word();
    auto one = order(stage().buyer().with("Idempotency-Key", key), {{id}}).expect(201);
    auto two = order(stage().stranger().with("Idempotency-Key", key), {{id}}).expect(201);
    EXPECT_NE(one.at("id"), two.at("id"));
    stage().buyer().with("Idempotency-Key", key).post("/api/tickets", Offer{}.json()).expect(201);
    cancel(one);
    stage().stranger().delete_("/api/orders/" + two.at("id")).expect(204);
}

TEST(IdempotencyKey, keeps_final_refusals_but_not_what_may_change) {
    auto id = list_ticket(stage().seller());
    auto held = order(stage().buyer(), {{id}}).expect(201);
    auto waiting = stage().stranger().with("Idempotency-Key", fresh_word());
    order(waiting, {{id}}).expect(409);
    cancel(held);
    auto later = order(waiting, {{id}}).expect(201);  // sold out is not for ever
    stage().stranger().delete_("/api/orders/" + later.at("id")).expect(204);

    auto unknown = stage().buyer().with("Idempotency-Key", fresh_word());
    order(unknown, {{"nonsense"}}).expect(404);
    cancel(order(unknown, {{id}}).expect(201));  // nothing was kept, so the key is free

    auto own = stage().seller().with("Idempotency-Key", fresh_word());
    auto refused = order(own, {{id}}).expect(403);
    EXPECT_EQ(order(own, {{id}}).expect(403).body, refused.body);
    order(own, {{"nonsense"}}).expect(422);
}

TEST(IdempotencyKey, is_1_to_255_visible_characters) {
    auto id = list_ticket(stage().seller());
    for (const auto& key :
         {std::string{}, std::string(256, 'x'), std::string{"with space"}, std::string{"ümlaut"}}) {
        order(stage().buyer().with("Idempotency-Key", key), {{id}}).expect(400);
    }
    cancel(order(stage().buyer().with("Idempotency-Key", fresh_word() + std::string(200, 'x')), {{id}})
               .expect(201));
}

}  // namespace
}  // namespace stagedoor::testing
