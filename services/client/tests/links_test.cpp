// The pages that links in mails lead to, and those that ask for such a mail.
#include "services/client/tests/played.hpp"

namespace stagedoor::client {
namespace {

constexpr auto dead_link = R"({"errors":[{"message":"is not valid, or no longer","field":"token"}]})";

struct Links : Pages {
    // No cache keeps the page, and nobody is told more of its address than the site.
    static void expect_secret(const testing::Answered& answered) {
        EXPECT_EQ(answered.headers["Cache-Control"], "no-store");
        EXPECT_EQ(answered.headers["Referrer-Policy"], "strict-origin");
    }
    void sign_in_as(bool confirmed) {
        services.say("GET /api/users/sessions", 200, "[]");
        services.say("GET /api/users/currentuser", 200,
                     R"({"currentUser":{"id":"buyer","email":"b@x.example","confirmed":)" +
                         std::string{confirmed ? "true" : "false"} + "}}");
    }
};

TEST_F(Links, a_forgotten_password_is_told_by_the_sign_in_page) {
    open("/auth/signin").expect(200, "href=\"/auth/forgot\"");
    open("/auth/forgot").expect(200, "action=\"/auth/forgot\"");
}

TEST_F(Links, asking_for_a_link_says_the_same_to_everybody) {
    services.say("POST /api/users/password/reset", 200, "{}");
    auto answered = browser().post("/auth/forgot", "email=+b%40x.example").expect(303);
    EXPECT_EQ(location(answered), "/auth/forgot?done=sent");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"email":"b@x.example"})");
    open("/auth/forgot?done=sent").expect(200, "If anybody has an account with that address");
}

TEST_F(Links, an_address_that_is_none_is_told_at_its_field) {
    services.say("POST /api/users/password/reset", 400,
                 R"({"errors":[{"message":"must be an e-mail address","field":"email"}]})");
    auto page = browser().post("/auth/forgot", "email=bob").expect(400, "E-mail must be an e-mail address");
    EXPECT_TRUE(has(page, "href=\"#email\""));
    EXPECT_TRUE(has(page, "value=\"bob\""));
    services.say("POST /api/users/password/reset", 429,
                 R"({"errors":[{"message":"Too many tries; wait a while"}]})");
    browser().post("/auth/forgot", "email=b%40x.example").expect(429, "Too many tries");
    services.gone = {"auth"};
    browser().post("/auth/forgot", "email=b%40x.example").expect(503, "Accounts can’t be reached");
}

TEST_F(Links, the_reset_link_leads_to_a_form) {
    auto page = open("/auth/reset?token=a-b_c").expect(200, R"(name="token" value="a-b_c")");
    expect_secret(page);
    EXPECT_TRUE(has(page, "autocomplete=\"new-password\""));
    EXPECT_TRUE(services.asked.empty());
    EXPECT_EQ(location(open("/auth/reset").expect(303)), "/auth/forgot");
}

TEST_F(Links, another_password_signs_out_and_leads_to_sign_in) {
    services.say("POST /api/users/password/reset/confirm", 200, "{}");
    services.say("POST /api/users/signout", 200, "{}", {{"Set-Cookie", "session=; Max-Age=0"}});
    auto answered = browser().post("/auth/reset", "token=abc&password=+p").expect(303);
    EXPECT_EQ(location(answered), "/auth/signin?done=reset");
    EXPECT_EQ(answered.headers["Set-Cookie"], "session=; Max-Age=0");
    EXPECT_EQ(services.asked.front().body, R"({"token":"abc","password":" p"})");
    open("/auth/signin?done=reset").expect(200, "Your password is changed.");
}

TEST_F(Links, a_password_that_can_be_none_keeps_the_link) {
    services.say("POST /api/users/password/reset/confirm", 400,
                 R"({"errors":[{"message":"must have at least 8 characters","field":"password"}]})");
    auto page = browser()
                    .post("/auth/reset", "token=abc&password=hunter2")
                    .expect(400, "Password must have at least 8 characters");
    EXPECT_TRUE(has(page, R"(name="token" value="abc")"));
    EXPECT_FALSE(has(page, "hunter2"));
    expect_secret(page);
}

TEST_F(Links, a_dead_reset_link_offers_another) {
    services.say("POST /api/users/password/reset/confirm", 400, dead_link);
    auto page =
        browser().post("/auth/reset", "token=abc&password=x").expect(400, "This link is of no use any more");
    EXPECT_TRUE(has(page, "href=\"/auth/forgot\""));
    EXPECT_FALSE(has(page, "<form class=\"sheet\""));
}

TEST_F(Links, looking_at_the_confirmation_link_does_not_use_it) {
    auto page = open("/auth/confirm?token=abc").expect(200, R"(name="token" value="abc")");
    expect_secret(page);
    EXPECT_TRUE(has(page, "Confirm my address"));
    EXPECT_TRUE(services.asked.empty());
    EXPECT_EQ(location(open("/auth/confirm").expect(303)), "/account");
}

TEST_F(Links, the_button_confirms) {
    services.say("POST /api/users/confirm", 200, R"({"id":"buyer","email":"b@x.example"})");
    EXPECT_EQ(location(browser().post("/auth/confirm", "token=abc").expect(303)),
              "/auth/confirm?done=confirmed");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"token":"abc"})");
    open("/auth/confirm?done=confirmed").expect(200, "Your address is confirmed");
    services.say("POST /api/users/confirm", 400, dead_link);
    auto page = browser().post("/auth/confirm", "token=abc").expect(400, "This link is of no use any more");
    expect_secret(page);
}

TEST_F(Links, the_account_says_whether_the_address_is_confirmed) {
    sign_in_as(true);
    EXPECT_FALSE(has(open_as("buyer", "/account").expect(200, "Confirmed"), "Send it again"));
    sign_in_as(false);
    auto page = open_as("buyer", "/account").expect(200, "not confirmed yet");
    EXPECT_TRUE(has(page, "action=\"/account/confirmation\""));
}

TEST_F(Links, the_confirmation_is_mailed_again) {
    sign_in_as(false);
    services.say("POST /api/users/confirm/resend", 200, "{}");
    EXPECT_EQ(location(send_as("buyer", "/account/confirmation", "").expect(303)), "/account?done=mailed");
    open_as("buyer", "/account?done=mailed").expect(200, "A mail with a link is on its way");
    services.say("POST /api/users/confirm/resend", 429,
                 R"({"errors":[{"message":"Too many tries; wait a while"}]})");
    send_as("buyer", "/account/confirmation", "").expect(429, "Too many tries");
    services.say("POST /api/users/confirm/resend", 409, R"({"errors":[{"message":"confirmed already"}]})");
    EXPECT_EQ(location(send_as("buyer", "/account/confirmation", "").expect(303)), "/account?done=mailed");
    sign_in_as(true);
    EXPECT_FALSE(has(open_as("buyer", "/account?done=mailed"), "on its way"));
}

}  // namespace
}  // namespace stagedoor::client
