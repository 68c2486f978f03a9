#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignOut : AuthTest {};

TEST_F(SignOut, clears_the_cookie_and_ends_the_session) {
    auto ada = signed_up("ada@example.com");
    auto response = ada.post("/api/users/signout");
    response.expect(200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(response.headers["Set-Cookie"], "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    EXPECT_FALSE(is_signed_in(ada)) << "the old cookie is rejected";
    EXPECT_EQ(auth.number("SELECT count(*) FROM revoked_sessions"), 1);
}

TEST_F(SignOut, publishes_session_revoked_once) {
    auto response = sign_up("ada@example.com");
    auto ada = with_cookie_of(response);
    (void)ada.post("/api/users/signout");
    ada.post("/api/users/signout").expect(200);
    auto events = auth.published<contracts::SessionRevoked>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].user_id.text, response.at("id"));
    EXPECT_EQ(events[0].version, 1);
    EXPECT_EQ(events[0].expires_at, auth.clock.now() + 24h);
}

TEST_F(SignOut, keeps_other_sessions) {
    auto here = signed_up("ada@example.com");
    auto there = with_cookie_of(sign_in("ada@example.com"));
    here.post("/api/users/signout").expect(200);
    EXPECT_TRUE(is_signed_in(there));
}

TEST_F(SignOut, succeeds_without_a_session) {
    auto response = auth.post("/api/users/signout");
    response.expect(200);
    EXPECT_TRUE(response.headers.has("Set-Cookie"));
    EXPECT_TRUE(auth.published<contracts::SessionRevoked>().empty());
}

TEST_F(SignOut, publishes_once_when_requested_concurrently) {
    auto ada = signed_up("ada@example.com");
    {
        std::vector<std::jthread> clicks;
        for (int i = 0; i < 4; ++i) clicks.emplace_back([&] { ada.post("/api/users/signout").expect(200); });
    }
    EXPECT_EQ(auth.published<contracts::SessionRevoked>().size(), 1U);
}

}  // namespace
}  // namespace stagedoor::auth
