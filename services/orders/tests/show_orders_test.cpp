#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct ShowOrder : Test {};
struct ListOrders : Test {};

TEST_F(ShowOrder, keeps_the_price_of_its_time) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.receives(ticket_updated("concert", 2, {.price = {9900, {}}}));
    auto answer = orders.as("buyer").get("/api/orders/" + id).expect(200);
    EXPECT_EQ(answer.at("total"), "19.99");
    EXPECT_EQ(answer.at("items[0].ticket.price"), "19.99");
    EXPECT_EQ(answer.at("items[0].ticket.version"), "1");
}

TEST_F(ShowOrder, reads_as_cancelled_when_its_time_is_over) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    auto answer = orders.as("buyer").get("/api/orders/" + id).expect(200);
    EXPECT_EQ(answer.at("status"), "cancelled");
    EXPECT_EQ(answer.at("reason"), "expired");
}

TEST_F(ShowOrder, wants_a_session) { orders.get("/api/orders/x").expect(401); }

TEST_F(ShowOrder, is_the_buyers_own_business) {
    orders.receives(ticket_created("concert"));
    auto id = ordered("buyer", "concert");
    orders.as("another").get("/api/orders/" + id).expect(403);
}

TEST_F(ShowOrder, knows_no_such_order) {
    orders.as("buyer").get("/api/orders/nothing").expect(404);
    orders.as("buyer").get("/api/orders/%20").expect(404);
}

TEST_F(ListOrders, shows_the_buyers_own_newest_first_page_by_page) {
    orders.receives(ticket_created("concert", {.quantity = 100}));
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        orders.clock.advance(std::chrono::milliseconds{1});
        ids.push_back(ordered("buyer", "concert"));
    }
    (void)ordered("another", "concert");
    auto first = orders.as("buyer").get("/api/orders?limit=2").expect(200);
    EXPECT_EQ(first.at("[0].id"), ids[2]);
    EXPECT_EQ(first.at("[1].id"), ids[1]);
    std::string link{first.headers["Link"]};
    ASSERT_TRUE(link.ends_with(R"(>; rel="next")")) << link;
    auto second = orders.as("buyer").get(link.substr(1, link.find('>') - 1)).expect(200);
    EXPECT_EQ(second.at("[0].id"), ids[0]);
    EXPECT_EQ(second.at("[1].id"), "");
    EXPECT_FALSE(second.headers.has("Link"));
    orders.as("another").get(link.substr(1, link.find('>') - 1)).expect(400).expect_field("after");
}

TEST_F(ListOrders, refuses_a_limit_or_cursor_that_is_none) {
    for (auto limit : {"0", "101", "x", "1.5", "-1"}) {
        orders.as("buyer").get(std::string{"/api/orders?limit="} + limit).expect(400).expect_field("limit");
    }
    orders.as("buyer").get("/api/orders?after=nonsense").expect(400).expect_field("after");
}

TEST_F(ListOrders, wants_a_session) { orders.get("/api/orders").expect(401); }

}  // namespace stagedoor::orders
