#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignOut : AuthTest {};

TEST_F(SignOut, takes_the_cookie_away_and_ends_the_session) {
    auto ada = signed_up("ada@example.com");
    auto answered = ada.post("/api/users/signout");
    answered.expect(200);
    EXPECT_EQ(answered.body, "{}");
    EXPECT_EQ(answered.headers["Set-Cookie"], "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    EXPECT_FALSE(is_signed_in(ada)) << "who kept the cookie";
    EXPECT_EQ(auth.number("SELECT count(*) FROM revoked_sessions"), 1);
}

TEST_F(SignOut, tells_session_revoked_once) {
    auto answered = sign_up("ada@example.com");
    auto ada = with_cookie_of(answered);
    (void)ada.post("/api/users/signout");
    ada.post("/api/users/signout").expect(200);
    auto said = auth.published<contracts::SessionRevoked>();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].user_id.text, answered.at("id"));
    EXPECT_EQ(said[0].version, 1);
    EXPECT_EQ(said[0].expires_at, auth.clock.now() + 24h);
}

TEST_F(SignOut, leaves_other_sessions_alone) {
    auto here = signed_up("ada@example.com");
    auto there = with_cookie_of(sign_in("ada@example.com"));
    here.post("/api/users/signout").expect(200);
    EXPECT_TRUE(is_signed_in(there));
}

TEST_F(SignOut, is_possible_for_nobody_too) {
    auto answered = auth.post("/api/users/signout");
    answered.expect(200);
    EXPECT_TRUE(answered.headers.has("Set-Cookie"));
    EXPECT_TRUE(auth.published<contracts::SessionRevoked>().empty());
}

TEST_F(SignOut, twice_at_once_tells_it_once) {
    auto ada = signed_up("ada@example.com");
    {
        std::vector<std::jthread> clicks;
        for (int i = 0; i < 4; ++i) clicks.emplace_back([&] { ada.post("/api/users/signout").expect(200); });
    }
    EXPECT_EQ(auth.published<contracts::SessionRevoked>().size(), 1U);
}

}  // namespace
}  // namespace stagedoor::auth
