#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct Handlers : TicketsTest {};

TEST_F(Handlers, count_held_tickets_without_a_new_version) {
    auto id = create_listing("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    auto held = tickets.get("/api/tickets/" + id);
    EXPECT_EQ(held.at("available"), "2");
    EXPECT_EQ(held.at("version"), "1");
    tickets.receives(contracts::OrderCancelled{order(id, 3, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
}

TEST_F(Handlers, count_an_order_once_despite_duplicates) {
    auto id = create_listing("A", R"(,"quantity":5)");
    for (int i = 0; i < 3; ++i) tickets.receives(contracts::OrderCreated{order(id, 1)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "4");
    for (int i = 0; i < 3; ++i) tickets.receives(contracts::OrderCancelled{order(id, 1, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
}

TEST_F(Handlers, apply_a_cancellation_that_arrives_before_its_order) {
    auto id = create_listing("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCancelled{order(id, 3, 2)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "5");
    EXPECT_EQ(tickets.number("SELECT count(*) FROM parked"), 0);
}

TEST_F(Handlers, hide_a_sold_out_listing_until_tickets_are_released) {
    auto id = create_listing("A", R"(,"quantity":2)");
    tickets.receives(contracts::OrderCreated{order(id, 2)});
    EXPECT_EQ(search(""), "");
    tickets.receives(contracts::OrderCancelled{order(id, 2, 2)});
    EXPECT_EQ(search(""), "A");
}

TEST_F(Handlers, count_tickets_sold_and_the_amount_earned) {
    auto id = create_listing("A", R"(,"quantity":5)");
    auto sale = order(id, 2);
    sale.items[0].price = {1250, {}};
    auto at_version = [&](std::int64_t version) {
        sale.version = version;
        return sale;
    };
    auto mine = [&](std::string_view what) {
        return tickets.as("seller").get("/api/tickets/mine").at("[0]." + std::string{what});
    };
    tickets.receives(contracts::OrderCreated{at_version(1)}, contracts::OrderAwaiting{at_version(2)},
                     contracts::OrderReopened{at_version(3)}, contracts::OrderAwaiting{at_version(4)});
    EXPECT_EQ(mine("held"), "2");
    tickets.receives(contracts::OrderCompleted{at_version(5)});
    EXPECT_EQ(mine("held"), "0");
    EXPECT_EQ(mine("sold"), "2");
    EXPECT_EQ(mine("earned"), "25.00");
    EXPECT_EQ(mine("available"), "3");
    sale.items[0].cancelled_at = tickets.clock.now();
    tickets.receives(contracts::OrderVoided{at_version(6), TicketId{id}});
    EXPECT_EQ(mine("sold"), "0");
    EXPECT_EQ(mine("earned"), "0.00");
}

TEST_F(Handlers, apply_the_capacity_from_orders) {
    auto id = create_listing("A", R"(,"quantity":5)");
    tickets.receives(contracts::StockSet{TicketId{id}, 8, 1});
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("available"), "8");
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("quantity"), "5");
}

}  // namespace stagedoor::tickets
