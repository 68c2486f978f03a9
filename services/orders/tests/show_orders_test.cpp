#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

struct ShowOrder : Test {};
struct ListOrders : Test {};

TEST_F(ShowOrder, shows_the_price_at_order_time) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.receives(ticket_updated("concert", 2, {.price = {9900, {}}}));
    auto response = orders.as("buyer").get("/api/orders/" + id).expect(200);
    EXPECT_EQ(response.at("total"), "19.99");
    EXPECT_EQ(response.at("items[0].ticket.price"), "19.99");
    EXPECT_EQ(response.at("items[0].ticket.version"), "1");
}

TEST_F(ShowOrder, reads_as_cancelled_once_it_has_expired) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.clock.advance(std::chrono::minutes{15});
    auto response = orders.as("buyer").get("/api/orders/" + id).expect(200);
    EXPECT_EQ(response.at("status"), "cancelled");
    EXPECT_EQ(response.at("reason"), "expired");
}

TEST_F(ShowOrder, requires_a_session) { orders.get("/api/orders/x").expect(401); }

TEST_F(ShowOrder, is_forbidden_to_other_users) {
    orders.receives(ticket_created("concert"));
    auto id = place_order("buyer", "concert");
    orders.as("another").get("/api/orders/" + id).expect(403);
}

TEST_F(ShowOrder, responds_404_for_an_unknown_order) {
    orders.as("buyer").get("/api/orders/nothing").expect(404);
    orders.as("buyer").get("/api/orders/%20").expect(404);
}

TEST_F(ListOrders, pages_through_the_buyers_orders_newest_first) {
    orders.receives(ticket_created("concert", {.quantity = 100}));
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        orders.clock.advance(std::chrono::milliseconds{1});
        ids.push_back(place_order("buyer", "concert"));
    }
    (void)place_order("another", "concert");
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

TEST_F(ListOrders, rejects_an_invalid_limit_or_cursor) {
    for (auto limit : {"0", "101", "x", "1.5", "-1"}) {
        orders.as("buyer").get(std::string{"/api/orders?limit="} + limit).expect(400).expect_field("limit");
    }
    orders.as("buyer").get("/api/orders?after=nonsense").expect(400).expect_field("after");
}

TEST_F(ListOrders, requires_a_session) { orders.get("/api/orders").expect(401); }

}  // namespace stagedoor::orders
