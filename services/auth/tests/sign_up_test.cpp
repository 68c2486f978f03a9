#include <fstream>

#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignUp : AuthTest {};

TEST_F(SignUp, creates_a_user_and_signs_them_in) {
    auto response = sign_up(" Ada@Example.com ");
    response.expect(201, R"("email":"ada@example.com")");
    EXPECT_TRUE(runtime::uuid_time(response.at("id")));
    EXPECT_EQ(response.body.find("password"), std::string::npos);
    auto cookie = std::string{response.headers["Set-Cookie"]};
    EXPECT_TRUE(cookie.starts_with("session=ey")) << cookie;
    EXPECT_NE(cookie.find("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"), std::string::npos) << cookie;

    auto current = with_cookie_of(response).get("/api/users/currentuser");
    EXPECT_EQ(current.at("currentUser.id"), response.at("id"));
    EXPECT_EQ(current.at("currentUser.email"), "ada@example.com");
}

TEST_F(SignUp, publishes_user_registered_once) {
    auto id = sign_up("ada@example.com").at("id");
    auto events = auth.published<contracts::UserRegistered>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id.text, id);
    EXPECT_EQ(events[0].email, "ada@example.com");
    EXPECT_EQ(events[0].version, 1);
}

TEST_F(SignUp, stores_only_a_hash_of_the_password) {
    sign_up("ada@example.com").expect(201);
    auto hash = auth.read(
        [](sql::Tx& tx) { return tx.find<std::string>("SELECT password_hash FROM users").value(); });
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
}

TEST_F(SignUp, reports_all_violations_at_once) {
    for (const auto* body :
         {R"({"email":"ada","password":"short"})", R"({"email":5,"password":"short"})",
          R"({"password":"short"})", R"({"email":"ada"})", R"({})", R"({"email":null,"password":["x"]})"}) {
        auth.post("/api/users/signup", body).expect(400).expect_field("email").expect_field("password");
    }
    auth.post("/api/users/signup", R"([1])").expect(400);
    auth.post("/api/users/signup", R"({"email":)").expect(400);
    EXPECT_EQ(auth.number("SELECT count(*) FROM users"), 0);
    EXPECT_TRUE(auth.published<contracts::UserRegistered>().empty());
}

TEST_F(SignUp, rejects_common_short_and_overlong_passwords) {
    sign_up("ada@example.com", "PassWord1").expect(400, "too easy to guess").expect_field("password");
    sign_up("ada@example.com", "1234567").expect(400, "at least 8").expect_field("password");
    sign_up("ada@example.com", std::string(129, 'x')).expect(400, "at most 128").expect_field("password");
    std::string longest;
    while (longest.size() < 128) longest += "seven green umbrellas ";
    sign_up("ada@example.com", longest.substr(0, 128)).expect(201);
}

TEST_F(SignUp, rejects_what_is_easy_to_guess_from_the_email_or_the_shop) {
    for (const auto* weak : {"kowalczyk", "Kowalczyk2026", "k0walczyk!", "stagedoor", "Stagedoor1",
                             "example.com", "aaaaaaaa", "qwerty123", "welcome1"}) {
        sign_up("j.kowalczyk@example.com", weak).expect(400, "too easy to guess").expect_field("password");
    }
    sign_up("j.kowalczyk@example.com", "seven green umbrellas").expect(201);
}

TEST_F(SignUp, rejects_passwords_on_the_operators_list) {
    runtime::TemporaryFolder folder;
    std::ofstream{folder.file("list")} << "seven green umbrellas\r\n\nEleven Brass Keyholes\n";
    auto settings = test_settings();
    settings.forbidden_passwords = folder.file("list");
    ServiceTest strict{make_service, settings};
    for (const auto* listed : {"seven green umbrellas", "Seven Green Umbrellas", "eleven brass keyholes"}) {
        strict.post("/api/users/signup", credentials("ada@example.com", listed))
            .expect(400, "list of known passwords")
            .expect_field("password");
    }
    strict.post("/api/users/signup", credentials("ada@example.com")).expect(201);
}

TEST_F(SignUp, rejects_the_email_address_as_password) {
    for (const auto* own : {"ada@example.com", "Ada@Example.COM", "ada@example.com\u00A0"})
        sign_up("ada@example.com", own).expect(400, "must not be your email").expect_field("password");
    sign_up("ada@bu\u0308cher.example", "ada@b\u00FCcher.example").expect(400).expect_field("password");
    sign_up("ada@example.com", "eve@example.com").expect(201);
}

TEST_F(SignUp, accepts_internationalized_domains_once) {
    sign_up("ada@b\u00FCcher.example").expect(201, R"("email":"ada@xn--bcher-kva.example")");
    for (const auto* same :
         {"ada@BU\u0308CHER.example", "ADA@xn--bcher-kva.example", "ada@b\u00FCcher\u3002example"}) {
        sign_up(same).expect(409);
        sign_in(same).expect(200);
    }
    EXPECT_EQ(auth.published<contracts::UserRegistered>().at(0).email, "ada@xn--bcher-kva.example");
    sign_up("\u00E9va@example.com").expect(400).expect_field("email");
}

TEST_F(SignUp, does_not_trim_the_password) {
    sign_up("ada@example.com", "  spaced out  ").expect(201);
    sign_in("ada@example.com", "spaced out").expect(401);
    sign_in("ada@example.com", "  spaced out  ").expect(200);
}

TEST_F(SignUp, rejects_an_email_that_is_in_use) {
    sign_up("ada@example.com").expect(201);
    auto response = sign_up("ADA@example.com", "battery staple");
    response.expect(409).expect_field("email");
    EXPECT_FALSE(response.headers.has("Set-Cookie"));
    EXPECT_EQ(auth.number("SELECT count(*) FROM users"), 1);
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 1);
    EXPECT_EQ(auth.published<contracts::UserRegistered>().size(), 1U);
    sign_in("ada@example.com").expect(200);
}

TEST_F(SignUp, succeeds_once_for_concurrent_requests_with_one_email) {
    std::vector<int> statuses(4);
    {
        std::vector<std::jthread> clients;
        for (auto& status : statuses)
            clients.emplace_back([&] { status = sign_up("ada@example.com").status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 201), 1);
    EXPECT_EQ(std::ranges::count(statuses, 409), 3);
    EXPECT_EQ(auth.published<contracts::UserRegistered>().size(), 1U);
}

TEST_F(SignUp, rejects_other_content_types_and_cross_site_requests) {
    auth.nobody()
        .with("Content-Type", "text/plain")
        .post("/api/users/signup", credentials("ada@example.com"))
        .expect(415);
    auth.nobody()
        .with("Sec-Fetch-Site", "cross-site")
        .post("/api/users/signup", credentials("ada@example.com"))
        .expect(403);
}

TEST_F(SignUp, sets_a_secure_cookie_behind_tls_without_a_public_url) {
    http::Request request;
    request.method = http::Method::post;
    EXPECT_TRUE(request.set_target("/api/users/signup"));
    request.headers.add("Content-Type", "application/json");
    request.https = true;  // as a trusted proxy reported
    request.body = credentials("ada@example.com");
    auto cookie = std::string{auth.send(std::move(request)).expect(201).headers["Set-Cookie"]};
    EXPECT_TRUE(cookie.starts_with("session=")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
}

TEST(SignUpWithHttps, uses_the_host_cookie) {
    ServiceTest auth{make_service, test_settings(), {.public_url = "https://tickets.example"}};
    auto response = auth.post("/api/users/signup", credentials("ada@example.com"));
    response.expect(201);
    auto cookie = response.headers["Set-Cookie"];
    EXPECT_TRUE(cookie.starts_with("__Host-session=")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
    auto pair = cookie_from(response);
    EXPECT_NE(auth.nobody().with("Cookie", pair).get("/api/users/currentuser").at("currentUser"), "null");
    EXPECT_EQ(auth.nobody().with("Cookie", pair.substr(7)).get("/api/users/currentuser").at("currentUser"),
              "null");
}

}  // namespace
}  // namespace stagedoor::auth
