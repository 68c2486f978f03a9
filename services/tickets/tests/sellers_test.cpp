// What anybody may know about a seller.
#include "contracts/events/auth.hpp"
#include "services/tickets/store/changes.hpp"
#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {
namespace {

struct Sellers : TicketsTest {
    static contracts::SellerNamed named(const std::string& name, std::int64_t version,
                                        const std::string& id = "seller") {
        return {.id = UserId{id}, .name = name, .version = version};
    }
    std::string name_of(const std::string& id) {
        return tickets.get("/api/tickets/sellers/" + id).expect(200).at("name");
    }
};

TEST_F(Sellers, have_the_name_that_they_chose_last) {
    create_listing("A");
    EXPECT_EQ(name_of("seller"), "");
    tickets.receives(named("The Old Mill", 1));
    EXPECT_EQ(name_of("seller"), "The Old Mill");
    tickets.receives(named("The New Mill", 2), named("The Old Mill", 1), named("The New Mill", 2));
    EXPECT_EQ(name_of("seller"), "The New Mill");
    tickets.receives(named("", 3));
    EXPECT_EQ(name_of("seller"), "");
}

TEST_F(Sellers, keep_the_order_of_events_that_come_early) {
    create_listing("A");
    tickets.receives(named("Second", 2));
    EXPECT_EQ(name_of("seller"), "");
    tickets.receives(named("First", 1));
    EXPECT_EQ(name_of("seller"), "Second");
}

TEST_F(Sellers, may_be_named_before_they_list_anything) {
    tickets.receives(named("The Old Mill", 1));
    tickets.get("/api/tickets/sellers/seller").expect(404);
    create_listing("A");
    EXPECT_EQ(name_of("seller"), "The Old Mill");
}

TEST_F(Sellers, have_their_names_listed) {
    tickets.receives(named("One", 1, "one"), named("Two", 1, "two"), named("Gone", 1, "three"),
                     named("", 2, "three"));
    EXPECT_EQ(tickets.get("/api/tickets/sellers?ids=two,one,three,four,two").expect(200).body,
              R"([{"id":"two","name":"Two"},{"id":"one","name":"One"}])");
    EXPECT_EQ(tickets.get("/api/tickets/sellers?ids=,").expect(200).body, "[]");
    tickets.get("/api/tickets/sellers").expect(400).expect_field("ids");
    std::string many;
    for (int i = 0; i <= 100; ++i) many += "," + std::to_string(i);
    tickets.get("/api/tickets/sellers?ids=" + many).expect(400).expect_field("ids");
}

TEST_F(Sellers, change_what_pages_show) {
    int announced = 0;
    tickets.database().listen(std::string{store::listings_channel}, [&] { ++announced; });
    tickets.receives(named("The Old Mill", 1));
    testing::eventually([&] { return announced == 1; });
}

}  // namespace
}  // namespace stagedoor::tickets
