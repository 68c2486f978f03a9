#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct ChangePassword : AuthTest {
    static Response change(const Client& user, std::string_view current, std::string_view next) {
        return user.put("/api/users/password", R"({"currentPassword":")" + std::string{current} +
                                                   R"(","newPassword":")" + std::string{next} + R"("})");
    }
};

TEST_F(ChangePassword, replaces_the_old_password_with_the_new_one) {
    auto ada = signed_up("ada@example.com");
    change(ada, password, "battery staple").expect(200, R"("email":"ada@example.com")");
    sign_in("ada@example.com").expect(401);
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ChangePassword, takes_the_passwords_in_any_form_of_the_same_characters) {
    auto ada = with_cookie_of(sign_up("ada@example.com", "Caf\u00E9 con leche"));
    ada = with_cookie_of(change(ada, "Cafe\u0301\u00A0con leche", "Ka\u0308sekuchen").expect(200));
    sign_in("ada@example.com", "K\u00E4sekuchen").expect(200);
    change(ada, "K\u00E4sekuchen", "two\\twords").expect(400).expect_field("newPassword");
    change(ada, "K\u00E4sekuchen", "ADA@example.com").expect(400, "your email").expect_field("newPassword");
}

TEST_F(ChangePassword, ends_all_other_sessions_and_renews_this_one) {
    auto here = signed_up("ada@example.com"), there = with_cookie_of(sign_in("ada@example.com"));
    auto other_user = signed_up("grace@example.com");
    auto response = change(here, password, "battery staple");
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_FALSE(is_signed_in(here)) << "this session's old token";
    auto here_later = with_cookie_of(response);
    EXPECT_TRUE(is_signed_in(here_later));
    EXPECT_TRUE(is_signed_in(other_user));
    auto list = here_later.get("/api/users/sessions");
    EXPECT_EQ(list.json().array()->size(), 1U) << list.body;
    EXPECT_EQ(list.at("[0].current"), "true");
}

TEST_F(ChangePassword, publishes_epoch_raised_each_time) {
    auto response = sign_up("ada@example.com");
    response = change(with_cookie_of(response), password, "battery staple");
    response = change(with_cookie_of(response), "battery staple", "three of them");
    response.expect(200);
    auto events = auth.published<contracts::EpochRaised>();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].version, 1);
    EXPECT_EQ(events[1].version, 2);
    EXPECT_EQ(events[0].epoch, 1);
    EXPECT_EQ(events[1].epoch, 2);
    EXPECT_EQ(events[0].user_id.text, response.at("id"));
}

TEST_F(ChangePassword, requires_the_current_password) {
    auto ada = signed_up("ada@example.com");
    change(ada, "wrong horse", "battery staple").expect(400).expect_field("currentPassword");
    EXPECT_TRUE(is_signed_in(ada));
    EXPECT_TRUE(auth.published<contracts::EpochRaised>().empty());
    sign_in("ada@example.com").expect(200);
}

TEST_F(ChangePassword, rejects_an_unacceptable_new_password) {
    auto ada = signed_up("ada@example.com");
    change(ada, password, "short").expect(400).expect_field("newPassword");
    change(ada, password, "password1").expect(400, "too easy to guess").expect_field("newPassword");
    ada.put("/api/users/password", "{}")
        .expect(400)
        .expect_field("currentPassword")
        .expect_field("newPassword");
}

TEST_F(ChangePassword, requires_a_session) { change(auth.nobody(), password, "battery staple").expect(401); }

TEST_F(ChangePassword, happens_once_when_requested_concurrently) {
    auto ada = signed_up("ada@example.com");
    std::vector<int> statuses(3);
    {
        std::vector<std::jthread> clicks;
        for (std::size_t i = 0; i < statuses.size(); ++i) {
            clicks.emplace_back([&, i] {
                statuses[i] = change(ada, password, "battery staple " + std::to_string(i)).status;
            });
        }
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
}

TEST_F(ChangePassword, is_limited_to_10_attempts_with_a_wrong_password) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 10; ++i) change(ada, "wrong horse", "battery staple").expect(400);
    auto limited = change(ada, password, "battery staple");
    limited.expect(429);
    EXPECT_EQ(limited.headers["Retry-After"], "900");
}

}  // namespace
}  // namespace stagedoor::auth
