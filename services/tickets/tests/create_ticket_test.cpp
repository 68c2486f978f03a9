#include "services/tickets/tests/samples.hpp"

namespace stagedoor::tickets {

struct CreateTicket : Test {};

TEST_F(CreateTicket, lists_it_with_everything_said_about_it) {
    auto answer = tickets.as("seller").post(
        "/api/tickets", R"({"title":"  Bartók  ","price":19.99,"currency":"EUR","quantity":5,
        "maxPerOrder":2,"description":"Six quartets","venue":"Konzerthaus","city":"Vienna","category":"concert",
        "startsAt":"2026-05-01T21:30:00+02:00","timeZone":"Europe/Vienna","seats":"row 7","unknown":{"is":"ignored"}})");
    answer.expect(201);
    EXPECT_EQ(answer.at("title"), "Bartók");
    EXPECT_EQ(answer.at("price"), "19.99");
    EXPECT_EQ(answer.at("currency"), "EUR");
    EXPECT_EQ(answer.at("userId"), "seller");
    EXPECT_EQ(answer.at("version"), "1");
    EXPECT_EQ(answer.at("quantity"), "5");
    EXPECT_EQ(answer.at("available"), "5");
    EXPECT_EQ(answer.at("status"), "open");
    EXPECT_EQ(answer.at("startsAt"), "2026-05-01T19:30:00.000Z");
    EXPECT_EQ(tickets.get("/api/tickets/" + answer.at("id")).expect(200).body, answer.body);
    auto told = tickets.published<contracts::TicketCreated>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].price, (Money{1999, *Currency::parse("EUR")}));
    EXPECT_EQ(told[0].quantity, 5);
    EXPECT_EQ(told[0].max_per_order, 2);
}

TEST_F(CreateTicket, takes_defaults_for_what_is_left_out) {
    auto answer = tickets.as("seller").post("/api/tickets", R"({"title":"Plain","price":5})").expect(201);
    EXPECT_EQ(answer.at("price"), "5.00");
    EXPECT_EQ(answer.at("currency"), "USD");
    EXPECT_EQ(answer.at("quantity"), "1");
    EXPECT_EQ(answer.at("maxPerOrder"), "10");
    EXPECT_EQ(answer.at("venue"), "");
}

TEST_F(CreateTicket, tells_all_that_is_wrong_at_once) {
    auto answer = tickets.as("seller").post(
        "/api/tickets",
        R"({"title":" ","price":0,"quantity":0,"category":"circus","startsAt":"soon","timeZone":"Mars/Base"})");
    for (auto field : {"title", "price", "quantity", "category", "startsAt", "timeZone"})
        answer.expect(400).expect_field(field);
    tickets.as("seller").post("/api/tickets", "{}").expect(400).expect_field("title").expect_field("price");
    EXPECT_TRUE(tickets.told().empty());
}

TEST_F(CreateTicket, refuses_prices_that_are_none) {
    for (auto price :
         {"0", "-1", "0.001", "19.999", "1000000", "999999.991", "\"5\"", "null", "1e9", "true", "[]"}) {
        tickets.as("seller")
            .post("/api/tickets", std::string{R"({"title":"A","price":)"} + price + "}")
            .expect(400)
            .expect_field("price");
    }
    for (auto price : {"0.01", "999999.99", "1e2", "5.50"}) {
        tickets.as("seller")
            .post("/api/tickets", std::string{R"({"title":"A","price":)"} + price + "}")
            .expect(201);
    }
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"A","price":1.5,"currency":"JPY"})")
        .expect(400)
        .expect_field("price");
    tickets.as("seller").post("/api/tickets", R"({"title":"A","price":999999,"currency":"JPY"})").expect(201);
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"A","price":1000000,"currency":"JPY"})")
        .expect(400)
        .expect_field("price");
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"A","price":1,"currency":"XXX"})")
        .expect(400)
        .expect_field("currency");
}

TEST_F(CreateTicket, refuses_an_event_in_the_past) {
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"","price":1,"startsAt":"2020-01-01T00:00:00Z"})")
        .expect(400)
        .expect_field("startsAt")
        .expect_field("title");
}

TEST_F(CreateTicket, refuses_wrong_types_in_each_field) {
    for (auto field :
         {"title", "description", "venue", "city", "category", "startsAt", "timeZone", "seats", "currency"}) {
        for (auto value : {"7", "[]", "{}", "true"}) {
            tickets.as("seller")
                .post("/api/tickets",
                      std::string{R"({"title":"A","price":1,")"} + field + "\":" + value + "}")
                .expect(400);
        }
    }
    for (auto field : {"quantity", "maxPerOrder"}) {
        for (auto value : {"\"7\"", "[]", "1.5", "1e3", "99999999999999999999"}) {
            tickets.as("seller")
                .post("/api/tickets",
                      std::string{R"({"title":"A","price":1,")"} + field + "\":" + value + "}")
                .expect(400)
                .expect_field(field);
        }
    }
}

TEST_F(CreateTicket, wants_a_session) {
    tickets.post("/api/tickets", R"({"title":"A","price":1})").expect(401);
}

TEST_F(CreateTicket, is_done_once_for_one_key) {
    auto seller = tickets.as("seller").with("Idempotency-Key", "k");
    auto first = seller.post("/api/tickets", R"({"title":"A","price":1})").expect(201);
    EXPECT_EQ(seller.post("/api/tickets", R"({"title":"A","price":1})").expect(201).body, first.body);
    seller.post("/api/tickets", R"({"title":"B","price":1})").expect(422);
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().size(), 1u);
}

}  // namespace stagedoor::tickets
