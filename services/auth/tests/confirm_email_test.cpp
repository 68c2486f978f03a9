#include <fstream>
#include <iterator>

#include "services/auth/tests/links_test.hpp"

namespace stagedoor::auth {
namespace {

struct ConfirmEmail : LinksTest {
    static std::string confirmed(const Caller& who) {
        return who.get("/api/users/currentuser").at("currentUser.confirmed");
    }
};

TEST_F(ConfirmEmail, begins_with_a_link_at_sign_up) {
    auto id = sign_up("ada@example.com").at("id");
    auto links = issued(Purpose::confirm_email);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].user_id.text, id);
    EXPECT_EQ(links[0].email, "ada@example.com");
    EXPECT_EQ(links[0].expires_at, auth.clock.now() + 1h);
    EXPECT_EQ(links[0].version, 1);
    sign_up("ada@example.com").expect(409);
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 1U) << "for one who did not sign up";
}

TEST_F(ConfirmEmail, tells_user_confirmed_and_shows_it) {
    auto ada = signed_up("ada@example.com");
    EXPECT_EQ(confirmed(ada), "false");
    auto answered = confirm(mailed(Purpose::confirm_email));
    answered.expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(confirmed(ada), "true");
    auto said = auth.published<contracts::UserConfirmed>();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].id.text, answered.at("id"));
    EXPECT_EQ(said[0].email, "ada@example.com");
    EXPECT_EQ(said[0].version, 2) << "user.registered was the first";
    auth.clock.advance(13h);
    EXPECT_EQ(confirmed(ada), "true") << "also when the token is renewed";
}

TEST_F(ConfirmEmail, needs_a_link_that_can_still_be_used) {
    (void)sign_up("ada@example.com");
    auto token = mailed(Purpose::confirm_email);
    for (const auto* wrong : {"", "nonsense"}) {
        confirm(wrong).expect(400, "is not valid, or no longer").expect_field("token");
    }
    auth.post(confirmation, "{}").expect(400).expect_field("token");
    confirm(issued(Purpose::confirm_email)[0].id.text).expect(400);

    confirm(token).expect(200);
    confirm(token).expect(400, "is not valid, or no longer").expect_field("token");
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, is_possible_for_an_hour) {
    (void)sign_up("ada@example.com");
    (void)sign_up("grace@example.com");
    auto links = issued(Purpose::confirm_email);
    auth.clock.advance(1h - 1ms);
    confirm(token_of(links[0])).expect(200);
    auth.clock.advance(1ms);
    confirm(token_of(links[1])).expect(400).expect_field("token");
}

TEST_F(ConfirmEmail, is_not_done_by_a_link_for_something_else) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    confirm(mailed(Purpose::reset_password)).expect(400).expect_field("token");
    set(mailed(Purpose::confirm_email), "battery staple").expect(400).expect_field("token");
}

TEST_F(ConfirmEmail, twice_at_once_happens_once) {
    (void)sign_up("ada@example.com");
    auto token = mailed(Purpose::confirm_email);
    std::vector<int> statuses(4);
    {
        std::vector<std::jthread> clicks;
        for (auto& status : statuses) clicks.emplace_back([&] { status = confirm(token).status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 200), 1);
    EXPECT_EQ(std::ranges::count(statuses, 400), 3);
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, is_fine_when_the_address_was_confirmed_otherwise) {
    (void)sign_up("ada@example.com");
    forget("ada@example.com").expect(200);
    set(mailed(Purpose::reset_password), "battery staple").expect(200);
    confirm(mailed(Purpose::confirm_email)).expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(auth.published<contracts::UserConfirmed>().size(), 1U);
}

TEST_F(ConfirmEmail, leaves_no_token_behind) {
    (void)sign_up("ada@example.com");
    auto token = mailed(Purpose::confirm_email);
    ::testing::internal::CaptureStderr();
    confirm(token).expect(200);
    confirm(token).expect(400);
    EXPECT_EQ(::testing::internal::GetCapturedStderr().find(token), std::string::npos);
    EXPECT_EQ(auth.number("SELECT count(*) FROM links WHERE token_hash = $1", security::hash_of_token(token)),
              1);
    if (testing::is_postgres_wanted()) return;             // no files of ours to look into
    for (const auto* name : {"auth.db", "auth.db-wal"}) {  // tables, outbox and what was there before
        std::ifstream file{auth.data() / name, std::ios::binary};
        ASSERT_TRUE(file) << name;
        std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        EXPECT_EQ(bytes.find(token), std::string::npos) << name;
    }
}

struct SendConfirmation : ConfirmEmail {};

TEST_F(SendConfirmation, replaces_the_older_link) {
    auto ada = signed_up("ada@example.com");
    auto answered = ada.post(another);
    answered.expect(200);
    EXPECT_EQ(answered.body, "{}");
    auto links = issued(Purpose::confirm_email);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[1].user_id, links[0].user_id);
    EXPECT_EQ(links[1].email, "ada@example.com");
    confirm(token_of(links[0])).expect(400).expect_field("token");
    confirm(token_of(links[1])).expect(200);
}

TEST_F(SendConfirmation, leaves_links_of_others_and_for_other_things_alone) {
    (void)sign_up("grace@example.com");
    auto graces = mailed(Purpose::confirm_email);
    auto ada = signed_up("ada@example.com");
    forget("ada@example.com").expect(200);
    ada.post(another).expect(200);
    confirm(graces).expect(200);
    set(mailed(Purpose::reset_password), "battery staple").expect(200);
}

TEST_F(SendConfirmation, is_for_who_is_signed_in_and_not_confirmed) {
    auth.post(another).expect(401);
    auto ada = signed_up("ada@example.com");
    confirm(mailed(Purpose::confirm_email)).expect(200);
    ada.post(another).expect(409);
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 1U);
}

TEST_F(SendConfirmation, three_times_an_hour) {
    auto ada = signed_up("ada@example.com");
    for (int i = 0; i < 3; ++i) ada.post(another).expect(200);
    auto refused = ada.post(another);
    refused.expect(429);
    EXPECT_EQ(refused.headers["Retry-After"], "3600");
    EXPECT_EQ(issued(Purpose::confirm_email).size(), 4U);
    auth.clock.advance(1h);
    ada.post(another).expect(200);
}

TEST_F(SendConfirmation, twice_at_once_leaves_one_link) {
    auto ada = signed_up("ada@example.com");
    {
        std::vector<std::jthread> clicks;
        for (int i = 0; i < 3; ++i) clicks.emplace_back([&] { ada.post(another).expect(200); });
    }
    EXPECT_EQ(auth.number("SELECT count(*) FROM links"), 1);
    confirm(mailed(Purpose::confirm_email)).expect(200);
}

TEST_F(ConfirmEmail, links_that_ran_out_are_tidied_up) {
    (void)sign_up("ada@example.com");
    testing::eventually([this] {
        auth.clock.advance(1h);
        return auth.number("SELECT count(*) FROM links") == 0;
    });
}

}  // namespace
}  // namespace stagedoor::auth
