#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {
namespace {

struct ReportTicket : TicketsTest {
    testing::Response report(const std::string& user, const std::string& ticket,
                             const std::string& body = R"({"reason":"counterfeit"})") {
        return tickets.as(user).post("/api/tickets/" + ticket + "/report", body);
    }
    std::string id = create_listing("Doubtful");
};

TEST_F(ReportTicket, puts_the_listing_before_the_operators) {
    auto other = create_listing("Rude");
    report("one", id, R"({"reason":"misleading","details":"The venue is closed"})").expect(204);
    report("two", other, R"({"reason":"offensive"})").expect(204);
    report("two", id).expect(204);
    report("two", id, R"({"reason":"other","details":"Changed my mind"})").expect(204);

    auto queue = tickets.admin_get("/admin/reports").expect(200);
    EXPECT_EQ(queue.count(), 2u);
    EXPECT_EQ(queue.at("[0].id"), id);
    EXPECT_EQ(queue.at("[0].title"), "Doubtful");
    EXPECT_EQ(queue.at("[0].userId"), "seller");
    EXPECT_EQ(queue.at("[0].reports"), "2");
    auto reports = tickets.admin_get("/admin/reports/" + id).expect(200);
    EXPECT_EQ(reports.count(), 2u);
    EXPECT_EQ(reports.at("[0].details"), "The venue is closed");
    EXPECT_EQ(reports.at("[1].reason"), "other");

    http::Request dismissal{.method = http::Method::delete_};
    ASSERT_TRUE(dismissal.set_target("/admin/reports/" + id));
    tickets.admin_send(dismissal).expect(204);
    tickets.admin_send(dismissal).expect(404);
    EXPECT_EQ(tickets.admin_get("/admin/reports").count(), 1u);
    auto audit = tickets.admin_get("/admin/audit").expect(200);
    EXPECT_EQ(audit.count(), 1u) << "the second dismissed nothing";
    EXPECT_EQ(audit.at("[0].action"), "dismiss-reports");
    EXPECT_EQ(audit.at("[0].subject"), "ticket " + id);
    EXPECT_TRUE(audit.at("[0].actor").starts_with("operator at ")) << audit.body;
}

TEST_F(ReportTicket, is_for_signed_in_users_and_listings_of_others) {
    tickets.post("/api/tickets/" + id + "/report", R"({"reason":"other"})").expect(401);
    report("seller", id).expect(403);
    report("one", "unknown").expect(404);
    report("one", id, "{}").expect(400).expect_field("reason");
    report("one", id, R"({"reason":"boring"})").expect(400).expect_field("reason");
    report("one", id, R"({"reason":"other","details":")" + std::string(501, 'x') + R"("})")
        .expect(400)
        .expect_field("details");
    tickets.get("/admin/reports").expect(404);
}

TEST_F(ReportTicket, is_limited_per_user_and_day) {
    for (int i = 0; i < 20; ++i) report("one", id).expect(204);
    report("one", id).expect(429);
    report("two", id).expect(204);
}

}  // namespace
}  // namespace stagedoor::tickets
