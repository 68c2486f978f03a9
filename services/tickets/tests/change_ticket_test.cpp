#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct UpdateTicket : TicketsTest {};
struct WithdrawTicket : TicketsTest {};
struct ShowTicket : TicketsTest {};
struct ListMine : TicketsTest {};

TEST_F(UpdateTicket, replaces_details_and_keeps_quantities) {
    auto id = create_listing("Old", R"(,"quantity":5,"venue":"Here")");
    auto response =
        tickets.as("seller").put("/api/tickets/" + id, R"({"title":"New","price":12.5})").expect(200);
    EXPECT_EQ(response.at("title"), "New");
    EXPECT_EQ(response.at("price"), "12.50");
    EXPECT_EQ(response.at("quantity"), "5");
    EXPECT_EQ(response.at("venue"), "");
    EXPECT_EQ(response.at("version"), "2");
    auto events = tickets.published<contracts::TicketUpdated>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(search("q=new"), "New");
    EXPECT_EQ(search("q=old"), "");
}

TEST_F(UpdateTicket, rejects_an_outdated_version) {
    auto id = create_listing("A");
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1,"version":1})").expect(200);
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"C","price":1,"version":1})")
        .expect(409)
        .expect_field("version");
    tickets.as("seller")
        .with("If-Match", "\"1\"")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(412)
        .expect_field("If-Match");
    tickets.as("seller")
        .with("If-Match", "\"2\"")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(200);
    tickets.as("seller")
        .with("If-Match", "newest")
        .put("/api/tickets/" + id, R"({"title":"C","price":1})")
        .expect(400);
}

// RFC 9110, 13.1: weak tags never match If-Match; of a list, one match is enough; If-None-Match must not
// match.
TEST_F(UpdateTicket, evaluates_preconditions) {
    auto id = create_listing("A");
    auto put_with = [&](std::string name, std::string value) {
        return tickets.as("seller")
            .with(std::move(name), std::move(value))
            .put("/api/tickets/" + id, R"({"title":"B","price":1})")
            .status;
    };
    for (auto fails : {R"(W/"1")", R"("2")", R"("2", "3")", R"("newest")", R"("2-1")", "2"})
        EXPECT_EQ(put_with("If-Match", fails), 412) << fails;
    for (auto fails : {"*", R"("1")", R"("7", "1")", "1"})
        EXPECT_EQ(put_with("If-None-Match", fails), 412) << fails;
    for (auto malformed : {R"("1)", "one", R"("1" "2")", ","}) {
        EXPECT_EQ(put_with("If-Match", malformed), 400) << malformed;
        EXPECT_EQ(put_with("If-None-Match", malformed), 400) << malformed;
    }
    EXPECT_EQ(put_with("If-Match", R"("7", "1")"), 200);
    EXPECT_EQ(put_with("If-Match", "*"), 200);
    EXPECT_EQ(put_with("If-None-Match", R"("1", "2")"), 200) << "now at version 3";
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("version"), "4");
    tickets.as("seller")
        .with("If-Match", "*")
        .put("/api/tickets/none", R"({"title":"B","price":1})")
        .expect(404);
    tickets.as("other")
        .with("If-Match", "\"1\"")
        .put("/api/tickets/" + id, R"({"title":"B","price":1})")
        .expect(403);
}

TEST_F(UpdateTicket, accepts_the_tag_of_the_listing_that_was_read) {
    auto id = create_listing("A");
    auto tag = std::string{tickets.get("/api/tickets/" + id).headers["ETag"]};
    EXPECT_TRUE(tag.starts_with("\"1-")) << tag;
    auto put = [&] {
        return tickets.as("seller")
            .with("If-Match", tag)
            .put("/api/tickets/" + id, R"({"title":"B","price":1})");
    };
    put().expect(200);
    put().expect(412);
}

TEST_F(UpdateTicket, requires_the_seller_or_an_admin) {
    auto id = create_listing("A");
    tickets.nobody().put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(401);
    tickets.as("another").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(403);
    tickets.as("boss", {"admin"}).put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(200);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log WHERE action = 'update-listing'"), 1);
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("userId"), "seller");
}

TEST_F(UpdateTicket, rejects_invalid_fields_and_unknown_ids) {
    auto id = create_listing("A");
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"","price":0})")
        .expect(400)
        .expect_field("title")
        .expect_field("price");
    tickets.as("seller").put("/api/tickets/nothing", R"({"title":"B","price":1})").expect(404);
}

TEST_F(UpdateTicket, keeps_a_price_from_before_the_minimum_but_sets_no_such_price) {
    auto id = create_listing("Cheap");
    tickets.write([&](sql::Tx& tx) { tx.execute("UPDATE tickets SET price_minor = 30 WHERE id = $1", id); });
    auto edit = [&](const std::string& title, const std::string& price) {
        return tickets.as("seller").put("/api/tickets/" + id,
                                        R"({"title":")" + title + R"(","price":)" + price + "}");
    };
    edit("Cheap", "0.30").expect(200);
    edit("Renamed", "\"0.30\"").expect(200);
    edit("Renamed", "0.31").expect(400, "Price must be at least 0.50 USD").expect_field("price");
    tickets.as("another").put("/api/tickets/" + id, R"({"title":"A","price":0.31})").expect(403);
    EXPECT_EQ(tickets.get("/api/tickets/" + id).at("price"), "0.30");
    edit("Renamed", "0.50").expect(200);
    edit("Renamed", "0.30").expect(400).expect_field("price");
}

TEST_F(UpdateTicket, rejects_a_quantity_below_what_is_held) {
    auto id = create_listing("A", R"(,"quantity":5)");
    tickets.receives(contracts::OrderCreated{order(id, 3)});
    tickets.as("seller")
        .put("/api/tickets/" + id, R"({"title":"A","price":1,"quantity":2})")
        .expect(409)
        .expect_field("quantity");
    auto response =
        tickets.as("seller").put("/api/tickets/" + id, R"({"title":"A","price":1,"quantity":3})").expect(200);
    EXPECT_EQ(response.at("available"), "0");
}

TEST_F(UpdateTicket, rejects_a_withdrawn_listing) {
    auto id = create_listing("A");
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(409);
}

TEST_F(WithdrawTicket, takes_the_listing_off_sale_once) {
    auto id = create_listing("A", R"(,"quantity":5)");
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    auto events = tickets.published<contracts::TicketWithdrawn>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].quantity, 0);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(search(""), "");
    auto withdrawn = tickets.get("/api/tickets/" + id).expect(200);
    EXPECT_EQ(withdrawn.at("status"), "withdrawn");
    EXPECT_EQ(withdrawn.at("available"), "0");
}

TEST_F(WithdrawTicket, requires_the_seller_or_an_admin) {
    auto id = create_listing("A");
    tickets.nobody().delete_("/api/tickets/" + id).expect(401);
    tickets.as("another").delete_("/api/tickets/" + id).expect(403);
    tickets.as("seller").delete_("/api/tickets/nothing").expect(404);
    tickets.as("seller").with("If-Match", "7").delete_("/api/tickets/" + id).expect(412);
    tickets.as("seller").with("If-Match", "x").delete_("/api/tickets/" + id).expect(400);
    tickets.as("boss", {"admin"}).delete_("/api/tickets/" + id).expect(204);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log WHERE action = 'withdraw-listing'"), 1);
}

TEST_F(ShowTicket, responds_404_to_an_unknown_id) {
    tickets.get("/api/tickets/nothing").expect(404);
    tickets.get("/api/tickets/" + std::string(5000, 'x')).expect(404);
}

TEST_F(ListMine, lists_own_listings_with_the_number_held) {
    auto first = create_listing("First", R"(,"quantity":5)");
    auto second = create_listing("Second");
    (void)create_listing("Foreign", "", "another");
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
