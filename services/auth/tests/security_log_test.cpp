#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

// What auth writes to the security log, by the counter of its lines.
struct SecurityEvents : LinksTest {
    int count_of(const std::string& event) {
        auto text = auth.metrics.to_text();
        auto line = "stagedoor_security_events_total{event=\"" + event + "\"} ";
        auto at = text.find(line);
        return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + line.size());
    }
};

TEST_F(SecurityEvents, have_sign_ups_sign_ins_and_sign_outs) {
    auto ada = signed_up("ada@example.com");
    EXPECT_EQ(count_of("sign-up"), 1);
    sign_in("ada@example.com").expect(200);
    EXPECT_EQ(count_of("sign-in"), 1);
    auto response = ada.post("/api/users/signout", "").expect(200);
    EXPECT_EQ(response.headers["Clear-Site-Data"], "\"cache\"");
    EXPECT_EQ(count_of("session-ended"), 1);
    auth.post("/api/users/signout", "").expect(200);
    EXPECT_EQ(count_of("session-ended"), 1) << "there was none";
}

TEST_F(SecurityEvents, have_guesses_and_lockouts) {
    sign_up("ada@example.com").expect(201);
    for (int i = 0; i < 10; ++i) sign_in("ada@example.com", "wrong horse").expect(401);
    EXPECT_EQ(count_of("sign-in-failed"), 10);
    EXPECT_EQ(count_of("lockout"), 0);
    auto refused = sign_in("ada@example.com");
    refused.expect(429);
    EXPECT_NE(refused.headers["RateLimit"], "");
    EXPECT_EQ(count_of("lockout"), 1);
    sign_in("nobody@example.com").expect(401);
    EXPECT_EQ(count_of("sign-in-failed"), 11);
    EXPECT_EQ(count_of("access-denied"), 0);
}

TEST_F(SecurityEvents, have_resets_and_changed_passwords) {
    auto ada = signed_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    request_reset("nobody@example.com").expect(200);
    EXPECT_EQ(count_of("reset-requested"), 2);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    EXPECT_EQ(count_of("password-reset"), 1);
    auto again = with_cookie_of(sign_in("ada@example.com", "battery staple"));
    again
        .put("/api/users/password",
             R"({"currentPassword":"battery staple","newPassword":"seven green umbrellas"})")
        .expect(200);
    EXPECT_EQ(count_of("password-changed"), 1);
}

}  // namespace
}  // namespace stagedoor::auth
