#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct CreateTicket : TicketsTest {};

TEST_F(CreateTicket, stores_every_field) {
    auto response = tickets.as("seller").post(
        "/api/tickets", R"({"title":"  Bartók  ","price":19.99,"currency":"EUR","quantity":5,
        "maxPerOrder":2,"description":"Six quartets","venue":"Konzerthaus","city":"Vienna",
        "category":"concert","startsAt":"2026-05-01T21:30:00+02:00","timeZone":"Europe/Vienna",
        "seats":"row 7","unknown":{"is":"ignored"}})");
    response.expect(201);
    EXPECT_EQ(response.at("title"), "Bartók");
    EXPECT_EQ(response.at("price"), "19.99");
    EXPECT_EQ(response.at("currency"), "EUR");
    EXPECT_EQ(response.at("userId"), "seller");
    EXPECT_EQ(response.at("version"), "1");
    EXPECT_EQ(response.at("quantity"), "5");
    EXPECT_EQ(response.at("available"), "5");
    EXPECT_EQ(response.at("status"), "open");
    EXPECT_EQ(response.at("startsAt"), "2026-05-01T19:30:00.000Z");
    EXPECT_EQ(tickets.get("/api/tickets/" + response.at("id")).expect(200).body, response.body);
    auto events = tickets.published<contracts::TicketCreated>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].price, (Money{1999, *Currency::parse("EUR")}));
    EXPECT_EQ(events[0].quantity, 5);
    EXPECT_EQ(events[0].max_per_order, 2);
}

TEST_F(CreateTicket, may_limit_what_one_buyer_gets) {
    auto id = create_listing("A concert", R"(,"maxPerBuyer":2)");
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("maxPerBuyer"), "2");
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().at(0).max_per_buyer, 2);
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"A concert","price":10})").expect(200);
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("maxPerBuyer"), "");
    for (const auto* wrong : {"0", "1001", R"("two")"}) {
        tickets.as("seller")
            .post("/api/tickets",
                  R"({"title":"A concert","price":10,"maxPerBuyer":)" + std::string{wrong} + "}")
            .expect(400)
            .expect_field("maxPerBuyer");
    }
}

TEST_F(CreateTicket, fills_in_defaults) {
    auto response = tickets.as("seller").post("/api/tickets", R"({"title":"Plain","price":5})").expect(201);
    EXPECT_EQ(response.at("price"), "5.00");
    EXPECT_EQ(response.at("currency"), "USD");
    EXPECT_EQ(response.at("quantity"), "1");
    EXPECT_EQ(response.at("maxPerOrder"), "10");
    EXPECT_EQ(response.at("venue"), "");
}

TEST_F(CreateTicket, reports_all_violations_at_once) {
    auto response = tickets.as("seller").post("/api/tickets",
                                              R"({"title":" ","price":0,"quantity":0,"category":"circus",
            "startsAt":"soon","timeZone":"Mars/Base"})");
    for (auto field : {"title", "price", "quantity", "category", "startsAt", "timeZone"})
        response.expect(400).expect_field(field);
    tickets.as("seller").post("/api/tickets", "{}").expect(400).expect_field("title").expect_field("price");
    EXPECT_TRUE(tickets.all_published().empty());
}

TEST_F(CreateTicket, rejects_a_title_of_which_nothing_can_be_seen) {
    for (std::string title : {"\u200B", "\u3164", "\u2800", "\u00AD", "\uFEFF", "\u3000\u00A0",
                              "\u2060\u200D", "\u115F", "\u0301"})
        tickets.as("seller")
            .post("/api/tickets", R"({"title":")" + title + R"(","price":5})")
            .expect(400)
            .expect_field("title");
    EXPECT_TRUE(tickets.all_published().empty());
}

TEST_F(CreateTicket, rejects_invisible_characters_and_those_that_change_the_direction_of_text) {
    for (std::string field : {"title", "description", "venue", "city", "seats"}) {
        for (std::string text : {"Con\u200Bcert", "Bach \u202EssaM", "a\u2066b", "\u200Ea", "a\u200Db"}) {
            auto title = field == "title" ? "" : R"("title":"Bach",)";
            tickets.as("seller")
                .post("/api/tickets",
                      "{" + std::string{title} + R"("price":5,")" + field + R"(":")" + text + "\"}")
                .expect(400)
                .expect_field(field);
        }
    }
    auto emoji =
        tickets.as("seller").post("/api/tickets", R"({"title":"👩\u200d👧 day","price":5,"venue":"\u200b"})");
    EXPECT_EQ(emoji.expect(201).at("title"), "👩\u200D👧 day");
    EXPECT_EQ(emoji.at("venue"), "") << "blank, so omitted";
}

TEST_F(CreateTicket, stores_texts_in_composed_form) {
    auto response = tickets.as("seller").post(
        "/api/tickets", R"({"title":"Cafe\u0301\u3000","price":5,"city":"Mu\u0308nchen"})");
    EXPECT_EQ(response.expect(201).at("title"), "Caf\u00E9");
    EXPECT_EQ(response.at("city"), "M\u00FCnchen");
}

TEST_F(CreateTicket, rejects_invalid_prices) {
    for (auto price :
         {"0", "-1", "0.001", "19.999", "1000000", "999999.991", "null", "1e9", "true", "[]", "19.990"}) {
        tickets.as("seller")
            .post("/api/tickets", std::string{R"({"title":"A","price":)"} + price + "}")
            .expect(400)
            .expect_field("price");
    }
    for (auto price : {"0.50", "999999.99", "1e2", "5.50"}) {
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

TEST_F(CreateTicket, accepts_a_price_as_decimal_text) {
    auto listed_at = [&](const std::string& price) {
        return tickets.as("seller")
            .post("/api/tickets", R"({"title":"A","price":")" + price + "\"}")
            .expect(201)
            .at("price");
    };
    EXPECT_EQ(listed_at("19.99"), "19.99");
    EXPECT_EQ(listed_at("20.50"), "20.50");
    EXPECT_EQ(listed_at(".5"), "0.50");
    EXPECT_EQ(listed_at("5."), "5.00");
    for (std::string wrong : {"1e3", "+5", "-5", "", "abc", "1,5", "19.999", "0", ".1", "1000000"}) {
        tickets.as("seller")
            .post("/api/tickets", R"({"title":"A","price":")" + wrong + "\"}")
            .expect(400)
            .expect_field("price");
    }
}

TEST_F(CreateTicket, rejects_a_price_that_could_never_be_paid) {
    auto list = [&](const std::string& price, const std::string& currency) {
        return tickets.as("seller").post(
            "/api/tickets", R"({"title":"A","price":)" + price + R"(,"currency":")" + currency + "\"}");
    };
    list("0.30", "USD").expect(400, "Price must be at least 0.50 USD").expect_field("price");
    list("0.30", "GBP").expect(201);
    list("1.235", "KWD").expect(400, "Price must be a multiple of 0.010 KWD").expect_field("price");
    list("1.230", "KWD").expect(201);
    list("15.000", "ISK").expect(400, "no decimals").expect_field("price");
    list("15000", "ISK").expect(201);
    list("49", "JPY").expect(400).expect_field("price");
}

TEST_F(CreateTicket, accepts_every_name_of_the_iana_time_zone_database) {
    auto list = [&](const std::string& zone) {
        return tickets.as("seller").post("/api/tickets",
                                         R"({"title":"A","price":1,"timeZone":")" + zone + "\"}");
    };
    for (std::string zone : {"Asia/Calcutta", "Europe/Kiev", "America/Buenos_Aires", "US/Pacific", "UTC"})
        EXPECT_EQ(list(zone).expect(201).at("timeZone"), zone);
    for (std::string zone :
         {"localtime", "posixrules", "right/UTC", "europe/vienna", "Europe", "CEST", "+02:00"})
        list(zone).expect(400).expect_field("timeZone");
}

TEST_F(CreateTicket, rejects_an_event_in_the_past) {
    tickets.as("seller")
        .post("/api/tickets", R"({"title":"","price":1,"startsAt":"2020-01-01T00:00:00Z"})")
        .expect(400)
        .expect_field("startsAt")
        .expect_field("title");
}

TEST_F(CreateTicket, rejects_wrong_types_in_each_field) {
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

TEST_F(CreateTicket, requires_a_session) {
    tickets.post("/api/tickets", R"({"title":"A","price":1})").expect(401);
}

TEST_F(CreateTicket, happens_once_per_idempotency_key) {
    auto seller = tickets.as("seller").with("Idempotency-Key", "k");
    auto first = seller.post("/api/tickets", R"({"title":"A","price":1})").expect(201);
    EXPECT_EQ(seller.post("/api/tickets", R"({"title":"A","price":1})").expect(201).body, first.body);
    seller.post("/api/tickets", R"({"title":"B","price":1})").expect(422);
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().size(), 1u);
}

TEST(ConfirmedEmails, are_required_by_the_setting) {
    ServiceTest tickets{make_service, {}, {.confirmed_emails = true}};
    const std::string body = R"({"title":"A concert","price":10})";
    tickets.as("seller").post("/api/tickets", body).expect(403, "Confirm your email address");
    auto claims = tickets.claims("seller");
    claims.confirmed = true;
    tickets.nobody()
        .with("Authorization", "Bearer " + tickets.token(claims))
        .post("/api/tickets", body)
        .expect(201);
}

TEST_F(CreateTicket, is_limited_per_seller_and_day) {
    for (int i = 0; i < 100; ++i) create_listing("Listing " + std::to_string(i));
    auto create = [&](const std::string& seller) {
        return tickets.as(seller).post("/api/tickets", R"({"title":"One more","price":10})");
    };
    create("seller").expect(429, "Try again in 24 hours");
    create("another").expect(201);
    tickets.clock.advance(std::chrono::hours{24});
    create("seller").expect(201);
}

TEST_F(CreateTicket, is_limited_per_network_and_hour) {
    tickets.write([](sql::Tx& tx) {
        tx.execute(
            "INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ('listings by address', '', 300, $1)",
            tx.now() + std::chrono::hours{1});
    });
    tickets.as("seller").post("/api/tickets", R"({"title":"One more","price":10})").expect(429);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM tickets"), 0);
}

}  // namespace stagedoor::tickets
