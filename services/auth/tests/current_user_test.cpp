#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct CurrentUser : AuthTest {};

TEST_F(CurrentUser, is_null_without_a_valid_session) {
    EXPECT_EQ(auth.get("/api/users/currentuser").body, R"({"currentUser":null})");
    EXPECT_EQ(auth.nobody().with("Cookie", "session=nonsense").get("/api/users/currentuser").body,
              R"({"currentUser":null})");
    EXPECT_EQ(auth.as("stranger").get("/api/users/currentuser").body, R"({"currentUser":null})")
        << "signed with a key unknown to auth";
}

TEST_F(CurrentUser, keeps_a_recent_token) {
    auto ada = signed_up("ada@example.com");
    auth.clock.advance(11h);
    EXPECT_FALSE(ada.get("/api/users/currentuser").headers.has("Set-Cookie"));
}

TEST_F(CurrentUser, renews_a_token_past_half_its_lifetime) {
    auto ada = signed_up("ada@example.com");
    auth.clock.advance(12h);
    auto renewed = ada.get("/api/users/currentuser");
    ASSERT_TRUE(renewed.headers.has("Set-Cookie"));
    auto ada_later = with_cookie_of(renewed);
    auth.clock.advance(12h);
    EXPECT_FALSE(is_signed_in(ada)) << "the old token has expired";
    EXPECT_TRUE(is_signed_in(ada_later));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 1) << "renewal keeps the session";
    auth.clock.advance(12h);
    EXPECT_FALSE(is_signed_in(ada_later));
}

TEST_F(CurrentUser, signs_out_old_and_renewed_tokens_together) {
    auto ada = signed_up("ada@example.com");
    auth.clock.advance(13h);
    auto ada_later = with_cookie_of(ada.get("/api/users/currentuser"));
    ada_later.post("/api/users/signout").expect(200);
    EXPECT_FALSE(is_signed_in(ada));
    EXPECT_FALSE(is_signed_in(ada_later));
    EXPECT_EQ(auth.published<contracts::SessionRevoked>().at(0).expires_at, auth.clock.now() + 24h)
        << "revoked until the newest token expires";
}

TEST_F(CurrentUser, is_null_after_a_day) {
    auto ada = signed_up("ada@example.com");
    auth.clock.advance(24h);
    EXPECT_FALSE(is_signed_in(ada));
    ada.get("/api/users/sessions").expect(401);
}

}  // namespace
}  // namespace stagedoor::auth
