#include "services/auth/limits.hpp"
#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

struct SendReset : LinksTest {};

TEST_F(SendReset, issues_a_link_to_whoever_has_the_address) {
    auto id = sign_up("ada@example.com").at("id");
    auto answered = forget(" ADA@example.com");
    answered.expect(200);
    EXPECT_EQ(answered.body, "{}");
    auto links = issued(Purpose::reset_password);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].user_id.text, id);
    EXPECT_EQ(links[0].email, "ada@example.com");
    EXPECT_EQ(links[0].expires_at, auth.clock.now() + 1h);
}

TEST_F(SendReset, says_the_same_for_an_unknown_address) {
    (void)sign_up("ada@example.com");
    auto known = forget("ada@example.com"), unknown = forget("eve@example.com");
    EXPECT_EQ(known.status, unknown.status);
    EXPECT_EQ(known.body, unknown.body);
    auto shown = [](const Answered& answered) {
        std::string text;
        for (const auto& [name, value] : answered.headers)
            text += name + ": " + (name == "X-Request-Id" ? "" : value) + "\n";
        return text;
    };
    EXPECT_EQ(shown(known), shown(unknown));
    EXPECT_EQ(issued(Purpose::reset_password).size(), 1U);
}

TEST_F(SendReset, is_counted_alike_for_an_unknown_address) {
    (void)sign_up("ada@example.com");
    for (const auto* email : {"ada@example.com", "eve@example.com"}) {
        for (int i = 0; i < 5; ++i) forget(email).expect(200);
        EXPECT_EQ(auth.number("SELECT tries FROM rate_limits WHERE name = $1 AND who = $2",
                              resets_of_email.name, email),
                  5);
    }
}

TEST_F(SendReset, mails_one_address_three_times_an_hour) {
    (void)sign_up("ada@example.com");
    for (int i = 0; i < 5; ++i) forget("ada@example.com").expect(200);
    EXPECT_EQ(issued(Purpose::reset_password).size(), 3U);
    set(mailed(Purpose::reset_password), "battery staple").expect(200);
    auth.clock.advance(1h);
    forget("ada@example.com").expect(200);
    EXPECT_EQ(issued(Purpose::reset_password).size(), 4U);
}

TEST_F(SendReset, is_limited_by_address) {
    for (int i = 0; i < resets_of_network.most; ++i)
        forget("user" + std::to_string(i) + "@example.com").expect(200);
    auto refused = forget("ada@example.com");
    refused.expect(429);
    EXPECT_EQ(refused.headers["Retry-After"], "3600");
}

TEST_F(SendReset, needs_an_address) {
    forget("ada").expect(400).expect_field("email");
    auth.post(reset, "{}").expect(400).expect_field("email");
}

struct ResetPassword : LinksTest {};

TEST_F(ResetPassword, lets_the_new_one_in_and_the_old_one_no_longer) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    auto answered = set(mailed(Purpose::reset_password), "battery staple");
    answered.expect(200);
    EXPECT_EQ(answered.body, "{}");
    EXPECT_FALSE(answered.headers.has("Set-Cookie"));
    sign_in("ada@example.com").expect(401);
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ResetPassword, ends_every_session_and_tells_epoch_raised) {
    auto here = signed_up("ada@example.com"), there = with_cookie_of(sign_in("ada@example.com"));
    auto grace = signed_up("grace@example.com");
    forget("ada@example.com").expect(200);
    set(mailed(Purpose::reset_password), "battery staple").expect(200);
    EXPECT_FALSE(is_signed_in(here));
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_TRUE(is_signed_in(grace));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions WHERE ended = 0"), 1);
    auto said = auth.published<contracts::EpochRaised>();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].epoch, 1);
    EXPECT_EQ(said[0].version, 1);
}

TEST_F(ResetPassword, shows_that_the_address_is_theirs) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    set(mailed(Purpose::reset_password), "battery staple").expect(200);
    auto ada = with_cookie_of(sign_in("ada@example.com", "battery staple"));
    EXPECT_EQ(ada.get("/api/users/currentuser").at("currentUser.confirmed"), "true");
    ASSERT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);

    forget("ada@example.com").expect(200);
    set(mailed(Purpose::reset_password), "three of them").expect(200);
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U) << "not again";
}

TEST_F(ResetPassword, needs_a_link_that_can_still_be_used) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    auto first = mailed(Purpose::reset_password);
    set("nonsense", "battery staple").expect(400, "is not valid, or no longer").expect_field("token");
    forget("ada@example.com").expect(200);
    set(first, "battery staple").expect(400).expect_field("token");
    auto second = mailed(Purpose::reset_password);
    set(second, "battery staple").expect(200);
    set(second, "three of them").expect(400).expect_field("token");
    forget("ada@example.com").expect(200);
    auth.clock.advance(1h);
    set(mailed(Purpose::reset_password), "three of them").expect(400).expect_field("token");
    sign_in("ada@example.com", "battery staple").expect(200);
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
}

TEST_F(ResetPassword, is_no_longer_possible_once_the_password_was_changed) {
    auto ada = signed_up("ada@example.com");
    forget("ada@example.com").expect(200);
    ada.put("/api/users/password", R"({"currentPassword":"correct horse","newPassword":"battery staple"})")
        .expect(200);
    set(mailed(Purpose::reset_password), "three of them").expect(400).expect_field("token");
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ResetPassword, holds_the_new_one_to_the_rules_of_sign_up_and_keeps_the_link) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    auto token = mailed(Purpose::reset_password);
    set(token, "short").expect(400, "at least 8").expect_field("password");
    set(token, "Password1").expect(400, "commonest").expect_field("password");
    auth.post(reset_confirmation, "{}").expect(400).expect_field("token").expect_field("password");
    set(token, "battery staple").expect(200);
}

TEST_F(ResetPassword, twice_at_once_happens_once) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    auto token = mailed(Purpose::reset_password);
    std::vector<int> statuses(3);
    {
        std::vector<std::jthread> clicks;
        for (std::size_t i = 0; i < statuses.size(); ++i)
            clicks.emplace_back(
                [&, i] { statuses[i] = set(token, "battery staple " + std::to_string(i)).status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(std::ranges::count(statuses, 400), 2);
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
    auto winner = static_cast<std::size_t>(std::ranges::find(statuses, 200) - statuses.begin());
    sign_in("ada@example.com", "battery staple " + std::to_string(winner)).expect(200);
}

}  // namespace
}  // namespace stagedoor::auth
