#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct ChangePassword : AuthTest {
    static Answered change(const Caller& who, std::string_view present, std::string_view next) {
        return who.put("/api/users/password", R"({"currentPassword":")" + std::string{present} +
                                                  R"(","newPassword":")" + std::string{next} + R"("})");
    }
};

TEST_F(ChangePassword, lets_the_new_one_in_and_the_old_one_no_longer) {
    auto ada = signed_up("ada@example.com");
    change(ada, password, "battery staple").expect(200, R"("email":"ada@example.com")");
    sign_in("ada@example.com").expect(401);
    sign_in("ada@example.com", "battery staple").expect(200);
}

TEST_F(ChangePassword, ends_every_other_session_and_renews_this_one) {
    auto here = signed_up("ada@example.com"), there = with_cookie_of(sign_in("ada@example.com"));
    auto other_user = signed_up("grace@example.com");
    auto answered = change(here, password, "battery staple");
    EXPECT_FALSE(is_signed_in(there));
    EXPECT_FALSE(is_signed_in(here)) << "the old token of this session";
    auto here_later = with_cookie_of(answered);
    EXPECT_TRUE(is_signed_in(here_later));
    EXPECT_TRUE(is_signed_in(other_user));
    auto listed = here_later.get("/api/users/sessions");
    EXPECT_EQ(listed.json().array()->size(), 1U) << listed.body;
    EXPECT_EQ(listed.at("[0].current"), "true");
}

TEST_F(ChangePassword, tells_epoch_raised_each_time) {
    auto answered = sign_up("ada@example.com");
    answered = change(with_cookie_of(answered), password, "battery staple");
    answered = change(with_cookie_of(answered), "battery staple", "three of them");
    answered.expect(200);
    auto said = auth.published<contracts::EpochRaised>();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0].version, 1);
    EXPECT_EQ(said[1].version, 2);
    EXPECT_EQ(said[0].epoch, 1);
    EXPECT_EQ(said[1].epoch, 2);
    EXPECT_EQ(said[0].user_id.text, answered.at("id"));
}

TEST_F(ChangePassword, is_refused_with_a_wrong_present_one) {
    auto ada = signed_up("ada@example.com");
    change(ada, "wrong horse", "battery staple").expect(400).expect_field("currentPassword");
    EXPECT_TRUE(is_signed_in(ada));
    EXPECT_TRUE(auth.published<contracts::EpochRaised>().empty());
    sign_in("ada@example.com").expect(200);
}

TEST_F(ChangePassword, is_refused_with_a_new_one_that_can_be_none) {
    auto ada = signed_up("ada@example.com");
    change(ada, password, "short").expect(400).expect_field("newPassword");
    change(ada, password, "password1").expect(400, "commonest").expect_field("newPassword");
    ada.put("/api/users/password", "{}")
        .expect(400)
        .expect_field("currentPassword")
        .expect_field("newPassword");
}

TEST_F(ChangePassword, is_for_who_is_signed_in) {
    change(auth.nobody(), password, "battery staple").expect(401);
}

TEST_F(ChangePassword, twice_at_once_happens_once) {
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

TEST_F(ChangePassword, can_be_tried_10_times_with_a_wrong_one) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 10; ++i) change(ada, "wrong horse", "battery staple").expect(400);
    auto refused = change(ada, password, "battery staple");
    refused.expect(429);
    EXPECT_EQ(refused.headers["Retry-After"], "900");
}

}  // namespace
}  // namespace stagedoor::auth
