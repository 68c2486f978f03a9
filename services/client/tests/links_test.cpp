// The pages that emailed links lead to, and those that request such emails.
#include "services/client/settings.hpp"
#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

constexpr auto expired_link =
    R"({"errors":[{"message":"This link is invalid or has expired. Request a new one","field":"token"}]})";
constexpr auto too_many = R"({"errors":[{"message":"Too many attempts. Try again in 5 minutes"}]})";

struct Links : Pages {
    // Not cached, and the Referer names the site only.
    static void expect_secret(const testing::Response& response) {
        EXPECT_EQ(response.headers["Cache-Control"], "no-store");
        EXPECT_EQ(response.headers["Referrer-Policy"], "strict-origin");
    }
    void sign_in_as(bool confirmed) {
        services.respond("GET /api/users/sessions", 200, "[]");
        services.respond("GET /api/users/currentuser", 200,
                         R"({"currentUser":{"id":"buyer","email":"b@x.example","confirmed":)" +
                             std::string{confirmed ? "true" : "false"} + "}}");
    }
};

TEST_F(Links, sign_in_links_to_forgot_password) {
    open("/auth/signin").expect(200, "href=\"/auth/forgot\"");
    open("/auth/forgot").expect(200, "action=\"/auth/forgot\"");
}

TEST_F(Links, sign_in_shows_no_login_without_sample_data) {
    EXPECT_FALSE(has(open("/auth/signin"), sample_password));
}

struct SampleShop : ::testing::Test {
    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, Settings{.sample_login = true}};
};

TEST_F(SampleShop, sign_in_shows_the_sample_login) {
    auto page = test.nobody().with("Accept", "text/html").get("/auth/signin");
    page.expect(200, sample_email).expect(200, sample_password);
}

TEST_F(Links, requesting_a_reset_looks_the_same_for_unknown_emails) {
    services.respond("POST /api/users/password/reset", 200, "{}");
    auto response = browser().post("/auth/forgot", "email=+b%40x.example").expect(303);
    EXPECT_EQ(location(response), "/auth/forgot?done=sent");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"email":"b@x.example"})");
    open("/auth/forgot?done=sent").expect(200, "If there’s an account with that address");
}

TEST_F(Links, an_invalid_email_is_reported_at_its_field) {
    services.respond("POST /api/users/password/reset", 400,
                     R"({"errors":[{"message":"must be an email address","field":"email"}]})");
    auto page =
        follow("", browser().post("/auth/forgot", "email=bob")).expect(200, "Email must be an email address");
    EXPECT_TRUE(has(page, "href=\"#email\""));
    EXPECT_TRUE(has(page, "value=\"bob\""));
    services.respond("POST /api/users/password/reset", 429, too_many);
    follow("", browser().post("/auth/forgot", "email=b%40x.example"))
        .expect(200, "Too many attempts. Try again in 5 minutes");
    services.down = {"auth"};
    page = follow("", browser().post("/auth/forgot", "email=b%40x.example"))
               .expect(200, "Accounts are unavailable right now");
    EXPECT_TRUE(has(page, "value=\"b@x.example\""));
}

TEST_F(Links, the_reset_link_opens_a_form) {
    auto page = open("/auth/reset").expect(200, "data-token");
    expect_secret(page);
    EXPECT_TRUE(has(page, "autocomplete=\"new-password\""));
    EXPECT_TRUE(services.requests.empty());
}

TEST_F(Links, a_new_password_signs_out_and_leads_to_sign_in) {
    services.respond("POST /api/users/password/reset/confirm", 200, "{}");
    services.respond("POST /api/users/signout", 200, "{}", {{"Set-Cookie", "session=; Max-Age=0"}});
    auto response = browser().post("/auth/reset", "token=abc&password=+p").expect(303);
    EXPECT_EQ(location(response), "/auth/signin?done=reset");
    EXPECT_EQ(response.headers["Set-Cookie"], "session=; Max-Age=0");
    EXPECT_EQ(services.requests.front().body, R"({"token":"abc","password":" p"})");
    open("/auth/signin?done=reset").expect(200, "Password updated.");
}

TEST_F(Links, may_be_copied_as_a_whole) {
    services.respond("POST /api/users/password/reset/confirm", 200, "{}");
    services.respond("POST /api/users/signout", 200, "{}");
    for (auto link : {"https%3A%2F%2Fx.example%2Fauth%2Freset%23token%3Da-b_c", "+a-b_c+",
                      "https%3A%2F%2Fx.example%2Fauth%2Freset%3Ftoken%3Da-b_c"}) {
        services.requests.clear();
        (void)browser().post("/auth/reset", "password=p&token=" + std::string{link}).expect(303);
        EXPECT_EQ(services.requests.front().body, R"({"token":"a-b_c","password":"p"})") << link;
    }
}

TEST_F(Links, a_rejected_password_keeps_the_link) {
    services.respond("POST /api/users/password/reset/confirm", 400,
                     R"({"errors":[{"message":"must have at least 8 characters","field":"password"}]})");
    auto sent = browser().post("/auth/reset", "token=abc&password=hunter2");
    expect_secret(sent);
    EXPECT_TRUE(location(sent).ends_with("#token=abc")) << location(sent);
    EXPECT_EQ(location(sent).find("token"), location(sent).find('#') + 1) << "only in the fragment";
    auto page = follow("", sent).expect(200, "Password must have at least 8 characters");
    EXPECT_TRUE(has(page, "data-token"));
    EXPECT_FALSE(has(page, "hunter2"));
    expect_secret(page);
}

TEST_F(Links, an_expired_reset_link_offers_a_new_one) {
    services.respond("POST /api/users/password/reset/confirm", 400, expired_link);
    auto sent = browser().post("/auth/reset", "token=abc&password=x");
    EXPECT_EQ(location(sent), "/auth/reset?done=expired");
    auto page = open(location(sent)).expect(200, "This link has expired");
    EXPECT_TRUE(has(page, "href=\"/auth/forgot\""));
    EXPECT_FALSE(has(page, "<form class=\"sheet\""));
}

TEST_F(Links, opening_the_confirmation_link_does_not_use_it_up) {
    auto page = open("/auth/confirm").expect(200, "data-token");
    expect_secret(page);
    EXPECT_TRUE(has(page, "Confirm email"));
    EXPECT_TRUE(services.requests.empty());
}

// Sent by the version before: they are valid for an hour.
TEST_F(Links, with_the_token_in_the_query_still_work) {
    open("/auth/confirm?token=abc").expect(200, R"(name="token" value="abc")");
    open("/auth/reset?token=a-b_c").expect(200, R"(name="token" value="a-b_c")");
}

TEST_F(Links, the_button_confirms_the_email) {
    services.respond("POST /api/users/confirm", 200, R"({"id":"buyer","email":"b@x.example"})");
    EXPECT_EQ(location(browser().post("/auth/confirm", "token=abc").expect(303)),
              "/auth/confirm?done=confirmed");
    EXPECT_EQ(services.last(http::Method::post).body, R"({"token":"abc"})");
    open("/auth/confirm?done=confirmed").expect(200, "Your email is confirmed");
    services.respond("POST /api/users/confirm", 400, expired_link);
    auto sent = browser().post("/auth/confirm", "token=abc");
    EXPECT_EQ(location(sent), "/auth/confirm?done=expired");
    expect_secret(open(location(sent)).expect(200, "This link has expired"));
    services.down = {"auth"};
    auto sent_again = browser().post("/auth/confirm", "token=abc");
    EXPECT_TRUE(location(sent_again).ends_with("#token=abc")) << "the link still works";
    follow("", sent_again).expect(200, "Accounts are unavailable right now");
}

TEST_F(Links, the_account_shows_whether_the_email_is_confirmed) {
    sign_in_as(true);
    EXPECT_FALSE(has(open_as("buyer", "/account").expect(200, "Confirmed"), "Resend email"));
    sign_in_as(false);
    auto page = open_as("buyer", "/account").expect(200, "isn’t confirmed yet");
    EXPECT_TRUE(has(page, "action=\"/account/confirmation\""));
}

TEST_F(Links, the_confirmation_can_be_sent_again) {
    sign_in_as(false);
    services.respond("POST /api/users/confirm/resend", 200, "{}");
    EXPECT_EQ(location(submit_as("buyer", "/account/confirmation", "").expect(303)), "/account?done=mailed");
    open_as("buyer", "/account?done=mailed").expect(200, "We’ve sent you an email with a link.");
    services.respond("POST /api/users/confirm/resend", 429, too_many);
    follow("buyer", submit_as("buyer", "/account/confirmation", "")).expect(200, "Too many attempts");
    services.respond("POST /api/users/confirm/resend", 409,
                     R"({"errors":[{"message":"Your email is already confirmed"}]})");
    EXPECT_EQ(location(submit_as("buyer", "/account/confirmation", "").expect(303)), "/account?done=mailed");
    sign_in_as(true);
    EXPECT_FALSE(has(open_as("buyer", "/account?done=mailed"), "an email with a link"));
}

}  // namespace
}  // namespace stagedoor::client
