// The orders of a listing, for its seller.
#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {
namespace {

using namespace std::chrono_literals;

struct Sales : Test {
    testing::Response list(const std::string& query, const std::string& user = "seller") {
        return orders.as(user).get("/api/orders/sales?ticketId=" + query);
    }
    std::string days(const std::string& query, const std::string& user = "seller") {
        return orders.as(user).get("/api/orders/sales/days?ticketId=" + query).expect(200).body;
    }
    std::string place(const std::string& buyer, const std::string& items) {
        orders.clock.advance(1ms);
        return orders.as(buyer).post("/api/orders", R"({"items":[)" + items + "]}").expect(201).at("id");
    }
};

constexpr auto two_concerts = R"({"ticketId":"concert","quantity":2})";

TEST_F(Sales, show_what_was_ordered_and_what_became_of_it) {
    orders.receives(ticket_created("concert", {.quantity = 100}), ticket_created("play"));
    auto expired = place("zoe", two_concerts);
    orders.clock.advance(20min);
    auto cancelled = place("yan", two_concerts);
    orders.as("yan").delete_("/api/orders/" + cancelled).expect(204);
    auto paid = place("ann", std::string{two_concerts} + R"(,{"ticketId":"play"})");
    pay(paid);
    auto paying = place("ben", two_concerts);
    orders.receives(payment_started(paying));
    auto held = place("cleo", R"({"ticketId":"concert"})");

    auto page = list("concert").expect(200);
    auto row = [&](int i) {
        auto member = [&](const char* name) { return page.at("[" + std::to_string(i) + "]." + name); };
        return member("orderId") + " " + member("quantity") + " " + member("total") + " " + member("status") +
               " " + member("reason");
    };
    EXPECT_EQ(row(0), held + " 1 19.99 held ");
    EXPECT_EQ(row(1), paying + " 2 39.98 paying ");
    EXPECT_EQ(row(2), paid + " 2 39.98 paid ");
    EXPECT_EQ(row(3), cancelled + " 2 39.98 cancelled buyer");
    EXPECT_EQ(row(4), expired + " 2 39.98 cancelled expired");
    EXPECT_EQ(list("play").expect(200).at("[0].total"), "19.99");
    for (auto buyer : {"ann", "ben", "cleo", "yan", "zoe"})
        EXPECT_EQ(page.body.find(buyer), std::string::npos);

    orders.receives(contracts::TicketCancelled{listing("concert", {.quantity = 100}, 2)});
    eventually([&] { return list("concert").at("[2].status") == "refunded"; });
    EXPECT_EQ(list("concert").at("[2].reason"), "listing_cancelled");
    EXPECT_EQ(list("play").at("[0].status"), "paid");
}

TEST_F(Sales, are_the_sellers_alone) {
    orders.receives(ticket_created("concert"));
    for (auto what : {"", "/days"}) {
        auto path = std::string{"/api/orders/sales"} + what;
        orders.as("another").get(path + "?ticketId=concert").expect(403);
        orders.get(path + "?ticketId=concert").expect(401);
        orders.as("seller").get(path + "?ticketId=nothing").expect(404);
        orders.as("seller").get(path).expect(400).expect_field("ticketId");
    }
    EXPECT_EQ(list("concert").expect(200).body, "[]");
    EXPECT_EQ(days("concert"), "[]");
}

TEST_F(Sales, are_paged) {
    orders.receives(ticket_created("concert", {.quantity = 100}), ticket_created("play"));
    std::vector<std::string> ids;
    for (auto buyer : {"ann", "ben", "cleo"}) ids.push_back(place(buyer, two_concerts));
    auto first = list("concert&limit=2").expect(200);
    EXPECT_EQ(first.at("[0].orderId"), ids[2]);
    EXPECT_EQ(first.at("[1].orderId"), ids[1]);
    std::string link{first.headers["Link"]};
    ASSERT_FALSE(link.empty());
    auto next = link.substr(1, link.find('>') - 1);
    auto second = orders.as("seller").get(next).expect(200);
    EXPECT_EQ(second.at("[0].orderId"), ids[0]);
    EXPECT_EQ(second.at("[1].orderId"), "");
    auto after = next.substr(next.find("after="));
    list("play&" + after.substr(0, after.find('&'))).expect(400).expect_field("after");
}

TEST_F(Sales, are_summed_by_the_days_of_a_time_zone) {
    orders.receives(ticket_created("concert", {.quantity = 100}));
    pay(place("ann", two_concerts));
    (void)place("ben", two_concerts);  // not paid
    orders.clock.advance(23h + 30min);
    pay(place("cleo", R"({"ticketId":"concert"})"));
    auto all = [](const char* second) {
        return R"([{"day":"2026-01-01","tickets":2,"sold":39.98,"currency":"USD"},{"day":")" +
               std::string{second} + R"(","tickets":1,"sold":19.99,"currency":"USD"}])";
    };
    EXPECT_EQ(days("concert"), R"([{"day":"2026-01-01","tickets":3,"sold":59.97,"currency":"USD"}])");
    EXPECT_EQ(days("concert&timeZone=Europe/Berlin"), all("2026-01-02"));
    EXPECT_EQ(days("concert&days=1&timeZone=Europe/Berlin"),
              R"([{"day":"2026-01-02","tickets":1,"sold":19.99,"currency":"USD"}])");
    orders.clock.advance(29 * 24h);
    EXPECT_EQ(days("concert"), R"([{"day":"2026-01-01","tickets":3,"sold":59.97,"currency":"USD"}])");
    orders.clock.advance(24h);
    EXPECT_EQ(days("concert"), "[]");
    EXPECT_NE(days("concert&days=366"), "[]");
    auto seller = orders.as("seller");
    seller.get("/api/orders/sales/days?ticketId=concert&timeZone=x").expect(400).expect_field("timeZone");
    seller.get("/api/orders/sales/days?ticketId=concert&days=0").expect(400).expect_field("days");
}

}  // namespace
}  // namespace stagedoor::orders
