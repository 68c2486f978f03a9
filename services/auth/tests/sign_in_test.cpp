#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignIn : AuthTest {};

TEST_F(SignIn, gives_the_user_and_a_session_of_its_own) {
    auto signed_up = sign_up("ada@example.com");
    auto answered = sign_in(" ADA@example.com");
    answered.expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(answered.at("id"), signed_up.at("id"));
    EXPECT_NE(cookie_after(answered), cookie_after(signed_up));
    EXPECT_TRUE(is_signed_in(with_cookie_of(answered)));
    EXPECT_TRUE(is_signed_in(with_cookie_of(signed_up)));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 2);
}

TEST_F(SignIn, by_bearer_token_is_the_same_session) {
    auto cookie = cookie_after(sign_up("ada@example.com"));
    auto token = cookie.substr(cookie.find('=') + 1);
    EXPECT_TRUE(is_signed_in(auth.nobody().with("Authorization", "Bearer " + token)));
    EXPECT_FALSE(is_signed_in(auth.nobody().with("Authorization", "Bearer " + token + "A")));
}

TEST_F(SignIn, says_the_same_for_a_wrong_password_and_an_unknown_user) {
    sign_up("ada@example.com").expect(201);
    auto wrong = sign_in("ada@example.com", "wrong horse"), unknown = sign_in("eve@example.com");
    wrong.expect(401);
    unknown.expect(401);
    EXPECT_EQ(wrong.body, unknown.body);
    EXPECT_FALSE(wrong.headers.has("Set-Cookie"));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 1);
}

TEST_F(SignIn, takes_the_same_time_for_a_wrong_password_and_an_unknown_user) {
    sign_up("ada@example.com").expect(201);
    auto time = [this](const std::string& email) {
        auto begun = std::chrono::steady_clock::now();
        sign_in(email, "wrong horse").expect(401);
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
    };
    auto known = 1e9, unknown = 1e9;  // the fastest of some in turn: what else runs here slows both
    for (int i = 0; i < 7; ++i) {
        known = std::min(known, time("ada@example.com"));
        unknown = std::min(unknown, time("eve@example.com"));
    }
    EXPECT_GT(unknown, known * 0.5);
    EXPECT_LT(unknown, known * 2.0);
}

TEST_F(SignIn, refuses_what_can_be_no_credentials) {
    auth.post("/api/users/signin", R"({})").expect(400).expect_field("email").expect_field("password");
    sign_in("ada", "x").expect(400).expect_field("email");
    sign_in("ada@example.com", "").expect(400).expect_field("password");
}

}  // namespace
}  // namespace stagedoor::auth
