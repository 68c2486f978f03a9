#include <fstream>
#include <iterator>

#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

struct ConfirmEmail : LinksTest {
    static std::string confirmed(const Client& user) {
        return user.get("/api/users/currentuser").at("currentUser.confirmed");
    }
};

TEST_F(ConfirmEmail, starts_with_a_link_at_sign_up) {
    auto id = sign_up("ada@example.com").at("id");
    auto links = issued(Purpose::confirm_email);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].user_id.text, id);
    EXPECT_EQ(links[0].email, "ada@example.com");
    EXPECT_EQ(links[0].expires_at, auth.clock.now() + 1h);
    EXPECT_EQ(links[0].version, 1);
    sign_up("ada@example.com").expect(409);
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 1U) << "a failed sign-up issues no link";
}

TEST_F(ConfirmEmail, publishes_user_confirmed_and_updates_the_current_user) {
    auto ada = signed_up("ada@example.com");
    EXPECT_EQ(confirmed(ada), "false");
    auto response = confirm(emailed_token(Purpose::confirm_email));
    response.expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(confirmed(ada), "true");
    auto events = auth.published<contracts::UserConfirmed>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id.text, response.at("id"));
    EXPECT_EQ(events[0].email, "ada@example.com");
    EXPECT_EQ(events[0].version, 2) << "user.registered had version 1";
    auth.clock.advance(13h);
    EXPECT_EQ(confirmed(ada), "true") << "also with a renewed token";
}

TEST_F(ConfirmEmail, is_in_the_next_token) {
    auto ada = signed_up("ada@example.com");
    EXPECT_FALSE(ada.get("/api/users/currentuser").headers.has("Set-Cookie"));
    confirm(emailed_token(Purpose::confirm_email)).expect(200);
    auto renewed = ada.get("/api/users/currentuser");
    auto cookie = cookie_from(renewed);
    auto key = security::from_base64url(auth.get("/api/users/jwks.json").at("keys[0].x")).value();
    security::PublicKey public_key{};
    std::ranges::copy(key, public_key.begin());
    EXPECT_TRUE(security::verify_token(cookie.substr(cookie.find('=') + 1), public_key).value().confirmed);
    EXPECT_FALSE(with_cookie_of(renewed).get("/api/users/currentuser").headers.has("Set-Cookie"));
    EXPECT_TRUE(is_signed_in(with_cookie_of(sign_in("ada@example.com"))));
}

TEST_F(ConfirmEmail, requires_a_usable_link) {
    (void)sign_up("ada@example.com");
    auto token = emailed_token(Purpose::confirm_email);
    for (const auto* wrong : {"", "nonsense"}) {
        confirm(wrong).expect(400, "invalid or has expired").expect_field("token");
    }
    auth.post(confirm_path, "{}").expect(400).expect_field("token");
    confirm(issued(Purpose::confirm_email)[0].id.text).expect(400);

    confirm(token).expect(200);
    confirm(token).expect(400, "invalid or has expired").expect_field("token");
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, works_for_an_hour) {
    (void)sign_up("ada@example.com");
    (void)sign_up("grace@example.com");
    auto links = issued(Purpose::confirm_email);
    auth.clock.advance(1h - 1ms);
    confirm(token_of(links[0])).expect(200);
    auth.clock.advance(1ms);
    confirm(token_of(links[1])).expect(400).expect_field("token");
}

TEST_F(ConfirmEmail, rejects_a_link_with_another_purpose) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    confirm(emailed_token(Purpose::reset_password)).expect(400).expect_field("token");
    reset_password(emailed_token(Purpose::confirm_email), "battery staple").expect(400).expect_field("token");
}

TEST_F(ConfirmEmail, happens_once_when_requested_concurrently) {
    (void)sign_up("ada@example.com");
    auto token = emailed_token(Purpose::confirm_email);
    std::vector<int> statuses(4);
    {
        std::vector<std::jthread> clicks;
        for (auto& status : statuses) clicks.emplace_back([&] { status = confirm(token).status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(std::ranges::count(statuses, 400), 3);
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, succeeds_when_a_password_reset_already_confirmed_the_email) {
    (void)sign_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
    confirm(emailed_token(Purpose::confirm_email)).expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, neither_logs_nor_stores_the_token) {
    (void)sign_up("ada@example.com");
    auto token = emailed_token(Purpose::confirm_email);
    ::testing::internal::CaptureStderr();
    confirm(token).expect(200);
    confirm(token).expect(400);
    EXPECT_EQ(::testing::internal::GetCapturedStderr().find(token), std::string::npos);
    EXPECT_EQ(auth.number("SELECT count(*) FROM links WHERE token_hash = $1", security::hash_of_token(token)),
              1);
    if (testing::is_postgres_wanted()) return;             // no database files to search
    for (const auto* name : {"auth.db", "auth.db-wal"}) {  // tables, outbox, remains of deleted rows
        std::ifstream file{auth.data() / name, std::ios::binary};
        ASSERT_TRUE(file) << name;
        std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        EXPECT_EQ(bytes.find(token), std::string::npos) << name;
    }
}

struct SendConfirmation : ConfirmEmail {};

TEST_F(SendConfirmation, replaces_the_previous_link) {
    auto ada = signed_up("ada@example.com");
    auto response = ada.post(resend_path);
    response.expect(200);
    EXPECT_EQ(response.body, "{}");
    auto links = issued(Purpose::confirm_email);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[1].user_id, links[0].user_id);
    EXPECT_EQ(links[1].email, "ada@example.com");
    confirm(token_of(links[0])).expect(400).expect_field("token");
    confirm(token_of(links[1])).expect(200);
}

TEST_F(SendConfirmation, keeps_links_of_other_users_and_purposes) {
    (void)sign_up("grace@example.com");
    auto graces = emailed_token(Purpose::confirm_email);
    auto ada = signed_up("ada@example.com");
    request_reset("ada@example.com").expect(200);
    ada.post(resend_path).expect(200);
    confirm(graces).expect(200);
    reset_password(emailed_token(Purpose::reset_password), "battery staple").expect(200);
}

TEST_F(SendConfirmation, requires_an_unconfirmed_user) {
    auth.post(resend_path).expect(401);
    auto ada = signed_up("ada@example.com");
    confirm(emailed_token(Purpose::confirm_email)).expect(200);
    ada.post(resend_path).expect(409);
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 1U);
}

TEST_F(SendConfirmation, is_limited_to_three_times_an_hour) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 3; ++i) ada.post(resend_path).expect(200);
    auto limited = ada.post(resend_path);
    limited.expect(429);
    EXPECT_EQ(limited.headers["Retry-After"], "3600");
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 4U);
    auth.clock.advance(1h);
    ada.post(resend_path).expect(200);
}

TEST_F(SendConfirmation, leaves_one_link_when_requested_concurrently) {
    auto ada = signed_up("ada@example.com");
    {
        std::vector<std::jthread> clicks;
        for (int i = 0; i < 3; ++i) clicks.emplace_back([&] { ada.post(resend_path).expect(200); });
    }
    EXPECT_EQ(auth.number("SELECT count(*) FROM links"), 1);
    confirm(emailed_token(Purpose::confirm_email)).expect(200);
}

TEST_F(ConfirmEmail, deletes_expired_links) {
    (void)sign_up("ada@example.com");
    testing::eventually([this] {
        auth.clock.advance(1h);
        return auth.number("SELECT count(*) FROM links") == 0;
    });
}

}  // namespace
}  // namespace stagedoor::auth
