#include "services/auth/limits.hpp"
#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

struct SendReset : LinksTest {};

TEST_F(SendReset, issues_a_link_to_the_user_with_the_email) {
    auto id = sign_up("ada@example.com").at("id");
    auto response = request_reset(" ADA@example.com");
    response.expect(200);
    EXPECT_EQ(response.body, "{}");
    auto links = issued(Purpose::reset_password);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].user_id.text, id);
    EXPECT_EQ(links[0].email, "ada@example.com");
    EXPECT_EQ(links[0].expires_at, auth.clock.now() + 1h);
}

TEST_F(SendReset, responds_the_same_to_an_unknown_email) {
    (void)sign_up("ada@example.com");
    auto known = request_reset("ada@example.com"), unknown = request_reset("eve@example.com");
    EXPECT_EQ(known.status, unknown.status);
    EXPECT_EQ(known.body, unknown.body);
    auto headers_of = [](const Response& response) {
        std::string text;
        for (const auto& [name, value] : response.headers)
            text += name + ": " + (name == "X-Request-Id" ? "" : value) + "\n";
        return text;
    };
    EXPECT_EQ(headers_of(known), headers_of(unknown));
    EXPECT_EQ(issued(Purpose::reset_password).size(), 1U);
}

TEST_F(SendReset, counts_requests_for_an_unknown_email_too) {
    (void)sign_up("ada@example.com");
    for (const auto* email : {"ada@example.com", "eve@example.com"}) {
        for (int i = 0; i < 5; ++i) request_reset(email).expect(200);
        EXPECT_EQ(auth.number("SELECT tries FROM rate_limits WHERE name = $1 AND who = $2",
                              resets_of_email.name, email),
                  5);
    }
}

TEST_F(SendReset, emails_one_address_three_times_an_hour) {
    (void)sign_up("ada@example.com");
    for (int i = 0; i < 5; ++i) request_reset("ada@example.com").expect(200);
    EXPECT_EQ(issued(Purpose::reset_password).size(), 3U);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    auth.clock.advance(1h);
    request_reset("ada@example.com").expect(200);
    EXPECT_EQ(issued(Purpose::reset_password).size(), 4U);
}

TEST_F(SendReset, is_limited_per_network) {
    for (int i = 0; i < resets_of_network.max_attempts; ++i)
        request_reset("user" + std::to_string(i) + "@example.com").expect(200);
    auto limited = request_reset("ada@example.com");
    limited.expect(429);
    EXPECT_EQ(limited.headers["Retry-After"], "3600");
}

TEST_F(SendReset, requires_an_email) {
    request_reset("ada").expect(400).expect_field("email");
    auth.post(reset_path, "{}").expect(400).expect_field("email");
}

struct ResetPassword : LinksTest {};

TEST_F(ResetPassword, replaces_the_old_password_with_the_new_one) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    auto response = reset_password(emailed_token(Purpose::reset_password), "battery staple");
    response.expect(200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_FALSE(response.headers.has("Set-Cookie"));
    sign_in("ada@example.com").expect(401);
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ResetPassword, ends_every_session_and_publishes_epoch_raised) {
    auto here = signed_up("ada@example.com"), there = with_cookie_of(sign_in("ada@example.com"));
    auto grace = signed_up("grace@example.com");
    request_reset("ada@example.com").expect(200);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    EXPECT_FALSE(is_signed_in(here));
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_TRUE(is_signed_in(grace));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions WHERE ended = 0"), 1);
    auto events = auth.published<contracts::EpochRaised>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].epoch, 1);
    EXPECT_EQ(events[0].version, 1);
}

TEST_F(ResetPassword, confirms_the_email) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    auto ada = with_cookie_of(sign_in("ada@example.com", "battery staple"));
    EXPECT_EQ(ada.get("/api/users/currentuser").at("currentUser.confirmed"), "true");
    ASSERT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);

    request_reset("ada@example.com").expect(200);
    reset_password(emailed_token(Purpose::reset_password), "three of them").expect(200);
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U) << "already confirmed";
}

TEST_F(ResetPassword, requires_a_usable_link) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    auto first = emailed_token(Purpose::reset_password);
    reset_password("nonsense", "battery staple").expect(400, "invalid or has expired").expect_field("token");
    request_reset("ada@example.com").expect(200);
    reset_password(first, "battery staple").expect(400).expect_field("token");
    auto second = emailed_token(Purpose::reset_password);
    reset_password(second, "battery staple").expect(200);
    reset_password(second, "three of them").expect(400).expect_field("token");
    request_reset("ada@example.com").expect(200);
    auth.clock.advance(1h);
    reset_password(emailed_token(Purpose::reset_password), "three of them").expect(400).expect_field("token");
    sign_in("ada@example.com", "battery staple").expect(200);
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
}

TEST_F(ResetPassword, fails_after_a_password_change) {
    auto ada = signed_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    ada.put("/api/users/password", R"({"currentPassword":"correct horse","newPassword":"battery staple"})")
        .expect(200);
    reset_password(emailed_token(Purpose::reset_password), "three of them").expect(400).expect_field("token");
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ResetPassword, applies_the_password_rules_and_keeps_the_link_usable) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    auto token = emailed_token(Purpose::reset_password);
    reset_password(token, "short").expect(400, "at least 8").expect_field("password");
    reset_password(token, "Password1").expect(400, "too easy to guess").expect_field("password");
    auth.post(reset_confirm_path, "{}").expect(400).expect_field("token").expect_field("password");
    reset_password(token, "battery staple").expect(200);
}

TEST_F(ResetPassword, rejects_the_email_address_and_prepares_the_password) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    auto token = emailed_token(Purpose::reset_password);
    reset_password(token, "ADA@example.com").expect(400, "your email").expect_field("password");
    reset_password(token, "Cafe\u0301\u00A0con leche").expect(200);
    sign_in("ada@example.com", "Caf\u00E9 con leche").expect(200);
}

TEST_F(ResetPassword, happens_once_when_requested_concurrently) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    auto token = emailed_token(Purpose::reset_password);
    std::vector<int> statuses(3);
    {
        std::vector<std::jthread> clicks;
        for (std::size_t i = 0; i < statuses.size(); ++i)
            clicks.emplace_back([&, i] {
                statuses[i] = reset_password(token, "battery staple " + std::to_string(i)).status;
            });
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(std::ranges::count(statuses, 400), 2);
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
    auto winner = static_cast<std::size_t>(std::ranges::find(statuses, 200) - statuses.begin());
    sign_in("ada@example.com", "battery staple " + std::to_string(winner)).expect(200);
}

}  // namespace
}  // namespace stagedoor::auth
