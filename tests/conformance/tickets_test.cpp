// The routes of tickets, as specified in docs/contract.md.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

Response create(const std::string& body) { return shared().seller().post("/api/tickets", body); }

std::string in_days(int days) {
    auto time =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::days{days};
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date{day};
    char text[32];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT19:30:00.000Z", int{date.year()}, unsigned{date.month()},
                  unsigned{date.day()});
    return text;
}

TEST(CreateTicket, needs_only_a_title_and_a_price) {
    auto reply = create(R"({"title":"A concert","price":20})").expect(201);
    EXPECT_EQ(reply.at("title"), "A concert");
    EXPECT_EQ(reply.at("price"), "20.00");
    EXPECT_EQ(reply.at("currency"), "USD");
    EXPECT_EQ(reply.at("quantity"), "1");
    EXPECT_EQ(reply.at("available"), "1");
    EXPECT_EQ(reply.at("maxPerOrder"), "10");
    EXPECT_EQ(reply.at("version"), "1");
    EXPECT_EQ(reply.at("status"), "open");
    EXPECT_EQ(reply.at("userId"), shared().ada.id);
    EXPECT_EQ(reply.at("orderId"), "");
    EXPECT_EQ(shared().anonymous().get("/api/tickets/" + reply.at("id")).expect(200).body, reply.body);
}

TEST(CreateTicket, stores_every_field) {
    auto starts = in_days(30);
    auto reply =
        create(R"({"title":"Hány az óra?","price":19.99,"currency":"EUR","quantity":7,"maxPerOrder":3,)"
               R"("description":"Line\none","venue":"Müpa",)"
               R"("city":"Budapest","category":"theatre","startsAt":")" +
               starts + R"(","timeZone":"Europe/Budapest","seats":"row 3","unknown":{"is":"ignored"}})")
            .expect(201);
    for (const auto& [path, value] :
         std::vector<std::pair<std::string, std::string>>{{"title", "Hány az óra?"},
                                                          {"price", "19.99"},
                                                          {"currency", "EUR"},
                                                          {"quantity", "7"},
                                                          {"available", "7"},
                                                          {"maxPerOrder", "3"},
                                                          {"description", "Line\none"},
                                                          {"venue", "Müpa"},
                                                          {"city", "Budapest"},
                                                          {"category", "theatre"},
                                                          {"startsAt", starts},
                                                          {"timeZone", "Europe/Budapest"},
                                                          {"seats", "row 3"}}) {
        EXPECT_EQ(reply.at(path), value) << path;
    }
}

TEST(CreateTicket, reports_all_invalid_fields_at_once) {
    create("{}").expect(400).expect_fields({"title", "price"});
    create(R"({"title":"","price":-1,"currency":"XXX","quantity":0,"maxPerOrder":1001,"category":"opera",)"
           R"("startsAt":"tomorrow","timeZone":"Mars/Base"})")
        .expect(400)
        .expect_fields({"title", "currency", "quantity", "maxPerOrder", "category", "startsAt", "timeZone"});
    create(R"({"title":7,"price":"cheap"})").expect(400).expect_fields({"title", "price"});
    create(R"({"title":")" + std::string(201, 'x') + R"(","price":1})").expect(400).expect_fields({"title"});
    create(R"({"title":"   ","price":1})").expect(400).expect_fields({"title"});
    create(R"({"title":"x","price":1,"quantity":1.5})").expect(400).expect_fields({"quantity"});
    create(R"({"title":"x","price":1,"startsAt":"2020-01-01T00:00:00Z"})")
        .expect(400)
        .expect_fields({"startsAt"});
    for (auto body : {"[]", "7", "null", "\"x\""}) create(body).expect(400);
}

TEST(CreateTicket, parses_prices_exactly) {
    auto price = [](const std::string& number, const std::string& currency = "USD") {
        return create(R"({"title":"x","price":)" + number + R"(,"currency":")" + currency + R"("})");
    };
    EXPECT_EQ(price("19.99").expect(201).at("price"), "19.99");
    EXPECT_EQ(price("0.50").expect(201).at("price"), "0.50");
    EXPECT_EQ(price("\"20.50\"").expect(201).at("price"), "20.50");
    EXPECT_EQ(price("\".5\"").expect(201).at("price"), "0.50");
    EXPECT_EQ(price("\"5.\"").expect(201).at("price"), "5.00");
    EXPECT_EQ(price("1e2").expect(201).at("price"), "100.00");
    EXPECT_EQ(price("999999.99").expect(201).at("price"), "999999.99");
    EXPECT_EQ(price("500", "JPY").expect(201).at("price"), "500");
    EXPECT_EQ(price("999999", "JPY").expect(201).at("price"), "999999");
    EXPECT_EQ(price("1.230", "KWD").expect(201).at("price"), "1.230");
    for (auto wrong : {"0", "0.00", "-1", "1.001", "4.350", "0.290000000000000001", "1000000", "1e300",
                       "1e-3", "0.30", "\"1e3\"", "\"+5\"", "\"1,5\"", "\"\""})
        price(wrong).expect(400).expect_fields({"price"});
    price("5.5", "JPY").expect(400).expect_fields({"price"});
    price("1000000", "JPY").expect(400).expect_fields({"price"});
    price("15.000", "ISK").expect(400).expect_fields({"price"});
    price("1.235", "KWD").expect(400).expect_fields({"price"});
    price("1", "usd").expect(400).expect_fields({"currency"});
}

TEST(ShowTicket, is_404_for_unknown_ids) {
    for (auto id : {"0190f3a0-0000-7000-8000-000000000000", "nonsense", "%20", "1;DROP TABLE tickets"}) {
        shared().anonymous().get("/api/tickets/" + http::percent_encode(id)).expect(404);
    }
    shared().anonymous().get("/api/tickets/" + std::string(2000, 'x')).expect(404);
}

TEST(UpdateTicket, replaces_the_listing_and_increments_its_version) {
    auto id =
        list_ticket(shared().seller(),
                    {.title = "Before", .quantity = 5, .max_per_order = 4, .more = R"(,"city":"Wien")"});
    auto reply = shared().seller().put("/api/tickets/" + id, R"({"title":"After","price":5})").expect(200);
    EXPECT_EQ(reply.at("title"), "After");
    EXPECT_EQ(reply.at("price"), "5.00");
    EXPECT_EQ(reply.at("version"), "2");
    EXPECT_EQ(reply.at("quantity"), "5");
    EXPECT_EQ(reply.at("maxPerOrder"), "4");
    EXPECT_EQ(reply.at("city"), "");
    EXPECT_EQ(shared().anonymous().get("/api/tickets/" + id).expect(200).body, reply.body);
    shared()
        .seller()
        .put("/api/tickets/" + id, R"({"title":"","price":0})")
        .expect(400)
        .expect_fields({"title", "price"});
}

TEST(UpdateTicket, is_for_the_seller_only) {
    auto id = list_ticket(shared().seller());
    shared().stranger().put("/api/tickets/" + id, Offer{}.json()).expect(403);
    shared().anonymous().put("/api/tickets/" + id, Offer{}.json()).expect(401);
    shared().stranger().delete_("/api/tickets/" + id).expect(403);
    shared().seller().put("/api/tickets/unknown", Offer{}.json()).expect(404);
    shared().seller().delete_("/api/tickets/unknown").expect(404);
    EXPECT_EQ(shared().anonymous().get("/api/tickets/" + id).expect(200).at("version"), "1");
}

TEST(UpdateTicket, is_rejected_if_the_version_is_stale) {
    auto id = list_ticket(shared().seller());
    auto target = "/api/tickets/" + id;
    shared().seller().put(target, R"({"title":"x","price":1,"version":1})").expect(200);
    shared().seller().put(target, R"({"title":"x","price":1,"version":1})").expect(409);
    shared().seller().with("If-Match", "\"2\"").put(target, Offer{}.json()).expect(200);
    shared().seller().with("If-Match", "\"2\"").put(target, Offer{}.json()).expect(412);
    shared().seller().with("If-Match", "W/\"3\"").put(target, Offer{}.json()).expect(412);
    shared().seller().with("If-None-Match", "*").put(target, Offer{}.json()).expect(412);
    shared().seller().with("If-None-Match", "W/\"3\"").put(target, Offer{}.json()).expect(412);
    shared().seller().with("If-Match", "2").delete_(target).expect(412);
    shared().seller().with("If-Match", "\"newest\"").put(target, Offer{}.json()).expect(412);
    shared().seller().with("If-Match", "newest").put(target, Offer{}.json()).expect(400);
    shared().seller().with("If-Match", "3").delete_(target).expect(204);
}

TEST(UpdateTicket, cannot_reduce_the_quantity_below_the_holds) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto held = order(shared().buyer(), {{id, 3}}).expect(201);
    EXPECT_TRUE(becomes_true(
        [&] { return shared().anonymous().get("/api/tickets/" + id).at("available") == "2"; }, 2s));
    shared()
        .seller()
        .put("/api/tickets/" + id, R"({"title":"x","price":1,"quantity":2})")
        .expect(409)
        .expect_fields({"quantity"});
    shared().seller().put("/api/tickets/" + id, R"({"title":"x","price":1,"quantity":3})").expect(200);
    EXPECT_TRUE(becomes_true(
        [&] { return shared().anonymous().get("/api/tickets/" + id).at("available") == "0"; }, 2s));
    shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
}

TEST(WithdrawTicket, removes_the_tickets_that_are_not_held) {
    auto id = list_ticket(shared().seller(), {.quantity = 5});
    auto held = order(shared().buyer(), {{id, 2}}).expect(201);
    shared().seller().delete_("/api/tickets/" + id).expect(204);
    shared().seller().delete_("/api/tickets/" + id).expect(204);
    auto current = shared().anonymous().get("/api/tickets/" + id).expect(200);
    EXPECT_EQ(current.at("status"), "withdrawn");
    EXPECT_EQ(current.at("available"), "0");
    shared().seller().put("/api/tickets/" + id, Offer{}.json()).expect(409);
    EXPECT_TRUE(becomes_true([&] { return order(shared().stranger(), {{id}}).status == 409; }, 2s));
    EXPECT_EQ(shared().buyer().get("/api/orders/" + held.at("id")).expect(200).at("status"), "created");
    shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
    order(shared().stranger(), {{id}}).expect(409);
}

TEST(MyTickets, show_the_seller_the_holds) {
    auto seller = sign_up(shared().url);
    auto id = list_ticket(seller.at(shared().url), {.quantity = 5});
    auto held = order(shared().buyer(), {{id, 2}}).expect(201);
    Response mine;
    EXPECT_TRUE(becomes_true(
        [&] {
            mine = seller.at(shared().url).get("/api/tickets/mine");
            return mine.at("[0].held") == "2";
        },
        2s))
        << mine.body;
    EXPECT_EQ(mine.count(), 1u);
    EXPECT_EQ(mine.at("[0].id"), id);
    EXPECT_EQ(mine.at("[0].available"), "3");
    EXPECT_EQ(mine.at("[0].sold"), "0");
    EXPECT_EQ(mine.at("[0].earned"), "0.00");
    EXPECT_EQ(shared().anonymous().get("/api/tickets/" + id).at("held"), "");  // visible to the seller only
    shared().buyer().delete_("/api/orders/" + held.at("id")).expect(204);
}

TEST(MyTickets, are_paged_newest_first) {
    auto seller = sign_up(shared().url);
    std::vector<std::string> ids;
    for (int i = 0; i < 7; ++i) ids.insert(ids.begin(), list_ticket(seller.at(shared().url)));
    std::vector<std::string> found;
    for (auto& each : all_pages(seller.at(shared().url), "/api/tickets/mine?limit=3"))
        found.push_back(*each["id"].string());
    std::ranges::sort(ids, std::greater{});
    EXPECT_EQ(found, ids);
    auto link = seller.at(shared().url).get("/api/tickets/mine?limit=3").header("Link");
    auto cursor = std::string{link.substr(link.find("after=") + 6)};
    cursor.erase(cursor.find_first_of("&>"));
    shared()
        .stranger()
        .get("/api/tickets/mine?limit=3&after=" + cursor)
        .expect(400)
        .expect_fields({"after"});  // another seller's cursor
}

}  // namespace
}  // namespace stagedoor::testing
