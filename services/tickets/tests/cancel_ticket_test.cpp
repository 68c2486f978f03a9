#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {

struct CancelTicket : TicketsTest {
    std::string id = create_listing("A", R"(,"quantity":5,"venue":"Hall","city":"Graz")");
    [[nodiscard]] testing::Response cancelled_by(const std::string& user,
                                                 std::vector<std::string> roles = {}) {
        return tickets.as(user, std::move(roles)).post("/api/tickets/" + id + "/cancel", "");
    }
};

TEST_F(CancelTicket, cancels_the_listing_once) {
    cancelled_by("seller").expect(200, R"("status":"cancelled")");
    cancelled_by("seller").expect(200, R"("status":"cancelled")");
    auto events = tickets.published<contracts::TicketCancelled>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(events[0].quantity, 0);
    EXPECT_EQ(events[0].venue, "Hall");
    EXPECT_EQ(tickets.get("/api/tickets/" + id).expect(200).at("available"), "0");
    EXPECT_EQ(search(""), "");
}

TEST_F(CancelTicket, cancels_a_withdrawn_listing) {
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
    cancelled_by("seller").expect(200);
    EXPECT_EQ(tickets.published<contracts::TicketCancelled>().at(0).version, 3);
    tickets.as("seller").delete_("/api/tickets/" + id).expect(204);
}

TEST_F(CancelTicket, prevents_further_edits) {
    cancelled_by("seller").expect(200);
    tickets.as("seller").put("/api/tickets/" + id, R"({"title":"B","price":1})").expect(409, "was cancelled");
}

TEST_F(CancelTicket, requires_the_seller_or_an_admin) {
    tickets.nobody().post("/api/tickets/" + id + "/cancel", "").expect(401);
    cancelled_by("another").expect(403);
    cancelled_by("another", {"admin"}).expect(200);
}

TEST_F(CancelTicket, by_an_admin_is_in_the_audit_log) {
    cancelled_by("seller", {"admin"}).expect(200);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log"), 0) << "their own listing";
    cancelled_by("boss", {"admin"}).expect(200);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log"), 0) << "nothing was left to cancel";
}

TEST_F(CancelTicket, of_somebody_else_is_in_the_audit_log) {
    cancelled_by("another").expect(403);
    cancelled_by("boss", {"admin"}).expect(200);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log WHERE actor = 'user boss'"
                             " AND action = 'cancel-listing' AND subject = $1",
                             "ticket " + id),
              1);
    EXPECT_EQ(tickets.number("SELECT count(*) FROM audit_log"), 1);
}

TEST_F(CancelTicket, responds_404_to_an_unknown_id) {
    tickets.as("seller").post("/api/tickets/nothing/cancel", "").expect(404);
}

TEST_F(CancelTicket, rejects_an_outdated_version) {
    tickets.as("seller").with("If-Match", "\"7\"").post("/api/tickets/" + id + "/cancel", "").expect(412);
    tickets.as("seller").with("If-Match", "x").post("/api/tickets/" + id + "/cancel", "").expect(400);
    tickets.as("seller").with("If-Match", "\"1\"").post("/api/tickets/" + id + "/cancel", "").expect(200);
}

}  // namespace stagedoor::tickets
