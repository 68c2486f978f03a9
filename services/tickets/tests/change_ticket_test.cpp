#include "services/tickets/tests/samples.hpp"

namespace stagedoor::tickets {

struct UpdateTicket : Test {};
struct WithdrawTicket : Test {};
struct ShowTicket : Test {};
struct ListMine : Test {};

TEST_F(UpdateTicket, replaces_what_is_said_and_keeps_the_numbers) {
    auto id = listed("Old", R"(,"quantity":5,"venue":"Here")");
    auto answer =
        tickets.as("seller").put("/api/tickets/" + id, R"({"title":"New","price":12.5})").expect(200);
    EXPECT_EQ(answer.at("title"), "New");
    EXPECT_EQ(answer.at("price"), "12.50");
    EXPECT_EQ(answer.at("quantity"), "5");
    EXPECT_EQ(answer.at("venue"), "");
    EXPECT_EQ(answer.at("version"), "2");
    auto told = tickets.published<contracts::TicketUpdated>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].version, 2);
    EXPECT_EQ(found("q=new"), "New");
    EXPECT_EQ(found("q=old"), "");
}

TEST_F(UpdateTicket, refuses_a_version_that_is_not_the_newest) {
    auto id = listed("A");
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1,"version":1})").expect(200);
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"C","price":1,"version":1})")
        .expect(409)
        .expect_field("version");
    tickets.as("seller")
        .with("If-Match", "\"1\"")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(409);
    tickets.as("seller")
        .with("If-Match", "\"2\"")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(200);
    tickets.as("seller")
        .with("If-Match", "newest")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(400);
}

TEST_F(UpdateTicket, is_the_sellers_or_an_admins_business) {
    auto id = listed("A");
    tickets.nobody().put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(401);
    tickets.as("another").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(403);
    tickets.as("boss", {"admin"}).put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(200);
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("userId"), "seller");
}

TEST_F(UpdateTicket, refuses_bad_fields_and_unknown_tickets) {
    auto id = listed("A");
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"","price":0})")
        .expect(400)
        .expect_field("title")
        .expect_field("price");
    tickets.as("seller").put("/api/tickets/nothing", R"({"title":"B","price":1})").expect(404);
}

TEST_F(UpdateTicket, refuses_fewer_than_are_held) {
    auto id = listed("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"A","price":1,"quantity":2})")
        .expect(409)
        .expect_field("quantity");
    auto answer =
        tickets.as("seller").put("/api/tickets/" + id, R"({"title":"A","price":1,"quantity":3})").expect(200);
    EXPECT_EQ(answer.at("available"), "0");
}

TEST_F(UpdateTicket, refuses_a_withdrawn_ticket) {
    auto id = listed("A");
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(409);
}

TEST_F(WithdrawTicket, takes_it_off_sale_once) {
    auto id = listed("A", R"(,"quantity":5)");
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    auto told = tickets.published<contracts::TicketWithdrawn>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].quantity, 0);
    EXPECT_EQ(told[0].version, 2);
    EXPECT_EQ(found(""), "");
    auto shown = tickets.get("/api/tickets/" + id).expect(200);
    EXPECT_EQ(shown.at("status"), "withdrawn");
    EXPECT_EQ(shown.at("available"), "0");
}

TEST_F(WithdrawTicket, is_the_sellers_or_an_admins_business) {
    auto id = listed("A");
    tickets.nobody().delete_("/api/tickets/" + id).expect(401);
    tickets.as("another").delete_("/api/tickets/" + id).expect(403);
    tickets.as("seller").delete_("/api/tickets/nothing").expect(404);
    tickets.as("seller").with("If-Match", "7").delete_("/api/tickets/" + id).expect(409);
    tickets.as("seller").with("If-Match", "x").delete_("/api/tickets/" + id).expect(400);
    tickets.as("boss", {"admin"}).delete_("/api/tickets/" + id).expect(204);
}

TEST_F(ShowTicket, knows_no_such_ticket) {
    tickets.get("/api/tickets/nothing").expect(404);
    tickets.get("/api/tickets/" + std::string(5000, 'x')).expect(404);
}

TEST_F(ListMine, shows_the_sellers_own_with_what_is_held) {
    auto first = listed("First", R"(,"quantity":5)");
    auto second = listed("Second");
    (void)listed("Foreign", "", "another");
    tickets.receives(contracts::OrderCreated{order(first, 2)});
    tickets.as("seller").delete_("/api/tickets/" + second).expect(204);
    auto mine = tickets.as("seller").get("/api/tickets/mine").expect(200);
    EXPECT_EQ(mine.at("[0].title"), "Second");
    EXPECT_EQ(mine.at("[1].title"), "First");
    EXPECT_EQ(mine.at("[1].held"), "2");
    EXPECT_EQ(mine.at("[1].sold"), "0");
    EXPECT_EQ(mine.at("[1].earned"), "0.00");
    EXPECT_EQ(mine.at("[2].title"), "");
    auto page = tickets.as("seller").get("/api/tickets/mine?limit=1").expect(200);
    std::string link{page.headers["Link"]};
    auto rest = tickets.as("seller").get(link.substr(1, link.find('>') - 1)).expect(200);
    EXPECT_EQ(rest.at("[0].title"), "First");
    tickets.as("another").get(link.substr(1, link.find('>') - 1)).expect(400).expect_field("after");
    tickets.get("/api/tickets/mine").expect(401);
    tickets.as("seller").get("/api/tickets/mine?limit=1000").expect(400);
}

}  // namespace stagedoor::tickets
