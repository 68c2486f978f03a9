// Every commit that changes what pages show of the listings is announced, after it is durable.
#include "services/tickets/store/changes.hpp"

#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct Changes : TicketsTest {
    void SetUp() override {
        tickets.database().listen(std::string{store::listings_channel}, [this] { ++announced; });
    }
    // How often `action` has announced a change.
    int changes_by(const std::function<void()>& action) {
        auto before = announced.load();
        action();
        return announced - before;
    }
    std::atomic<int> announced = 0;
};

TEST_F(Changes, of_sellers_are_announced) {
    std::string id;
    EXPECT_EQ(changes_by([&] { id = create_listing("A", R"(,"quantity":5)"); }), 1);
    auto path = "/api/tickets/" + id;
    auto seller = tickets.as("seller");
    EXPECT_EQ(changes_by([&] { seller.put(path, R"({"title":"B","price":10})").expect(200); }), 1);
    EXPECT_EQ(changes_by([&] { seller.delete_(path).expect(204); }), 1);
    EXPECT_EQ(changes_by([&] { seller.post(path + "/cancel").expect(200); }), 1);
}

TEST_F(Changes, by_orders_are_announced) {
    auto id = create_listing("A", R"(,"quantity":5)");
    EXPECT_EQ(changes_by([&] { tickets.receives(contracts::OrderCreated{order(id, 3)}); }), 1);
    EXPECT_EQ(changes_by([&] { tickets.receives(contracts::OrderCompleted{order(id, 3, 2)}); }), 1);
    EXPECT_EQ(changes_by([&] { tickets.receives(contracts::OrderVoided{order(id, 3, 3), TicketId{id}}); }),
              1);
    EXPECT_EQ(changes_by([&] { tickets.receives(contracts::OrderCreated{order(id, 1, 1, "other")}); }), 1);
    EXPECT_EQ(changes_by([&] { tickets.receives(contracts::OrderCancelled{order(id, 1, 2, "other")}); }), 1);
    contracts::StockSet stock{.ticket_id = TicketId{id}, .capacity = 9, .version = 1};
    EXPECT_EQ(changes_by([&] { tickets.receives(stock); }), 1);
}

TEST_F(Changes, are_not_announced_when_nothing_has_changed) {
    auto id = create_listing("A", R"(,"quantity":5)");
    auto path = "/api/tickets/" + id;
    tickets.receives(contracts::OrderCreated{order(id, 1)});
    EXPECT_EQ(changes_by([&] {
                  tickets.get(path).expect(200);
                  tickets.get("/api/tickets").expect(200);
                  tickets.as("other").put(path, R"({"title":"B","price":10})").expect(403);
                  tickets.as("seller").put(path, R"({"title":"","price":10})").expect(400);
                  tickets.receives(contracts::OrderCreated{order(id, 1)});
                  tickets.as("buyer").post(path + "/report", R"({"reason":"offensive"})").expect(204);
              }),
              0);
    tickets.as("seller").delete_(path).expect(204);
    EXPECT_EQ(changes_by([&] { tickets.as("seller").delete_(path).expect(204); }), 0);
}

}  // namespace stagedoor::tickets
