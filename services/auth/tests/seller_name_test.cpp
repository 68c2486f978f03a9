// The name that buyers see.
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SellerNames : AuthTest {
    static std::string body(const std::string& name) { return R"({"name":")" + name + R"("})"; }
};

TEST_F(SellerNames, can_be_chosen_changed_and_taken_away) {
    auto client = signed_up("ada@example.com");
    EXPECT_EQ(client.get("/api/users/currentuser").at("currentUser.name"), "");
    client.put("/api/users/name", body(" The Old Mill ")).expect(200);
    client.put("/api/users/name", body("The Old Mill")).expect(200);
    EXPECT_EQ(client.get("/api/users/currentuser").at("currentUser.name"), "The Old Mill");
    client.put("/api/users/name", body("Nový mlýn")).expect(200);
    client.put("/api/users/name", body("")).expect(200);
    EXPECT_EQ(client.get("/api/users/currentuser").at("currentUser.name"), "");
    client.put("/api/users/name", body("Again")).expect(200);

    auto events = auth.published<contracts::SellerNamed>();
    ASSERT_EQ(events.size(), 4U) << "only changes are published";
    EXPECT_EQ(events[0].name, "The Old Mill");
    EXPECT_EQ(events[0].version, 1) << "an entity of its own";
    EXPECT_EQ(events[1].name, "Nový mlýn");
    EXPECT_EQ(events[2].name, "");
    EXPECT_EQ(events[3].version, 4);
}

TEST_F(SellerNames, nobody_without_one_publishes_that) {
    signed_up("ada@example.com").put("/api/users/name", body("")).expect(200);
    EXPECT_TRUE(auth.published<contracts::SellerNamed>().empty());
}

TEST_F(SellerNames, have_sixty_visible_characters_on_one_line) {
    auto client = signed_up("ada@example.com");
    std::string sixty;
    for (int i = 0; i < 60; ++i) sixty += "é";
    client.put("/api/users/name", body(sixty)).expect(200);
    client.put("/api/users/name", body(sixty + "é")).expect(400, "60").expect_field("name");
    client.put("/api/users/name", body("one\\ntwo")).expect(400, "one line").expect_field("name");
    client.put("/api/users/name", body("one\\ttwo")).expect(400, "one line").expect_field("name");
    client.put("/api/users/name", body("llim\u202e")).expect(400, "U+202E").expect_field("name");
    client.put("/api/users/name", body("mi\u200bll")).expect(400, "U+200B").expect_field("name");
    client.put("/api/users/name", "{}").expect(400).expect_field("name");
    EXPECT_EQ(client.get("/api/users/currentuser").at("currentUser.name"), sixty);
}

TEST_F(SellerNames, need_a_session) { auth.nobody().put("/api/users/name", body("Mill")).expect(401); }

}  // namespace
}  // namespace stagedoor::auth
