#include "services/tickets/tests/samples.hpp"

namespace stagedoor::tickets {

struct Listeners : Test {};

TEST_F(Listeners, count_what_is_held_without_a_new_version) {
    auto id = listed("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    auto held = tickets.get("/api/tickets/" + id);
    EXPECT_EQ(held.at("available"), "2");
    EXPECT_EQ(held.at("version"), "1");
    tickets.receives(contracts::OrderCancelled{order(id, 3, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
}

TEST_F(Listeners, count_an_order_once_however_often_it_is_told) {
    auto id = listed("A", R"(,"quantity":5)");
    for (int i = 0; i < 3; ++i) tickets.receives(contracts::OrderCreated{order(id, 1)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "4");
    for (int i = 0; i < 3; ++i) tickets.receives(contracts::OrderCancelled{order(id, 1, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
}

TEST_F(Listeners, wait_for_the_order_when_its_cancellation_comes_first) {
    auto id = listed("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCancelled{order(id, 3, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
    EXPECT_EQ(tickets.number("SELECT count(*) FROM parked"), 0);
}

TEST_F(Listeners, sold_out_leaves_the_shop_and_comes_back) {
    auto id = listed("A", R"(,"quantity":2)");
    tickets.receives(contracts::OrderCreated{order(id, 2)});
    EXPECT_EQ(found(""), "");
    tickets.receives(contracts::OrderCancelled{order(id, 2, 2)});
    EXPECT_EQ(found(""), "A");
}

TEST_F(Listeners, count_what_is_sold_and_earned) {
    auto id = listed("A", R"(,"quantity":5)");
    auto sale = order(id, 2);
    sale.items[0].price = {1250, {}};
    auto told = [&](std::int64_t version) {
        sale.version = version;
        return sale;
    };
    auto mine = [&](std::string_view what) {
        return tickets.as("seller").get("/api/tickets/mine").at("[0]." + std::string{what});
    };
    tickets.receives(contracts::OrderCreated{told(1)}, contracts::OrderAwaiting{told(2)},
                     contracts::OrderReopened{told(3)}, contracts::OrderAwaiting{told(4)});
    EXPECT_EQ(mine("held"), "2");
    tickets.receives(contracts::OrderCompleted{told(5)});
    EXPECT_EQ(mine("held"), "0");
    EXPECT_EQ(mine("sold"), "2");
    EXPECT_EQ(mine("earned"), "25.00");
    EXPECT_EQ(mine("available"), "3");
    sale.items[0].cancelled_at = tickets.clock.now();
    tickets.receives(contracts::OrderVoided{told(6), TicketId{id}});
    EXPECT_EQ(mine("sold"), "0");
    EXPECT_EQ(mine("earned"), "0.00");
}

TEST_F(Listeners, take_the_stock_that_orders_tells) {
    auto id = listed("A", R"(,"quantity":5)");
    tickets.receives(contracts::StockSet{TicketId{id}, 8, 1});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "8");
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("quantity"), "5");
}

}  // namespace stagedoor::tickets
