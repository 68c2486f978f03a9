#include "services/tickets/tests/samples.hpp"

namespace stagedoor::tickets {

struct CancelTicket : Test {
    std::string id = listed("A", R"(,"quantity":5,"venue":"Hall","city":"Graz")");
    [[nodiscard]] testing::Answered cancelled_by(const std::string& user,
                                                 std::vector<std::string> roles = {}) {
        return tickets.as(user, std::move(roles)).post("/api/tickets/" + id + "/cancel", "");
    }
};

TEST_F(CancelTicket, calls_it_off_once) {
    cancelled_by("seller").expect(200).expect(200, R"("status":"cancelled")");
    cancelled_by("seller").expect(200, R"("status":"cancelled")");
    auto told = tickets.published<contracts::TicketCancelled>();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].version, 2);
    EXPECT_EQ(told[0].quantity, 0);
    EXPECT_EQ(told[0].venue, "Hall");
    EXPECT_EQ(tickets.get("/api/tickets/" + id).expect(200).at("available"), "0");
    EXPECT_EQ(found(""), "");
}

TEST_F(CancelTicket, also_of_what_was_withdrawn) {
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    cancelled_by("seller").expect(200);
    EXPECT_EQ(tickets.published<contracts::TicketCancelled>().at(0).version, 3);
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
}

TEST_F(CancelTicket, leaves_nothing_to_edit) {
    cancelled_by("seller").expect(200);
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(409, "called off");
}

TEST_F(CancelTicket, is_the_sellers_or_an_admins_business) {
    tickets.nobody().post("/api/tickets/" + id + "/cancel", "").expect(401);
    cancelled_by("another").expect(403);
    cancelled_by("another", {"admin"}).expect(200);
}

TEST_F(CancelTicket, knows_no_such_ticket) {
    tickets.as("seller").post("/api/tickets/nothing/cancel", "").expect(404);
}

TEST_F(CancelTicket, refuses_a_version_that_is_not_the_newest) {
    tickets.as("seller").with("If-Match", "\"7\"").post("/api/tickets/" + id + "/cancel", "").expect(409);
    tickets.as("seller").with("If-Match", "x").post("/api/tickets/" + id + "/cancel", "").expect(400);
    tickets.as("seller").with("If-Match", "\"1\"").post("/api/tickets/" + id + "/cancel", "").expect(200);
}

}  // namespace stagedoor::tickets
