#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignUp : AuthTest {};

TEST_F(SignUp, makes_a_user_and_signs_in) {
    auto answered = sign_up(" Ada@Example.com ");
    answered.expect(201, R"("email":"ada@example.com")");
    EXPECT_TRUE(runtime::uuid_time(answered.at("id")));
    EXPECT_EQ(answered.body.find("password"), std::string::npos);
    auto cookie = std::string{answered.headers["Set-Cookie"]};
    EXPECT_TRUE(cookie.starts_with("session=ey")) << cookie;
    EXPECT_NE(cookie.find("; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax"), std::string::npos) << cookie;

    auto current = with_cookie_of(answered).get("/api/users/currentuser");
    EXPECT_EQ(current.at("currentUser.id"), answered.at("id"));
    EXPECT_EQ(current.at("currentUser.email"), "ada@example.com");
}

TEST_F(SignUp, tells_user_registered_once) {
    auto id = sign_up("ada@example.com").at("id");
    auto said = auth.published<contracts::UserRegistered>();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].id.text, id);
    EXPECT_EQ(said[0].email, "ada@example.com");
    EXPECT_EQ(said[0].version, 1);
}

TEST_F(SignUp, keeps_no_password) {
    sign_up("ada@example.com").expect(201);
    auto hash = auth.read(
        [](sql::Tx& tx) { return tx.find<std::string>("SELECT password_hash FROM users").value(); });
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
}

TEST_F(SignUp, tells_everything_wrong_at_once) {
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

TEST_F(SignUp, refuses_common_short_and_endless_passwords) {
    sign_up("ada@example.com", "PassWord1").expect(400, "commonest").expect_field("password");
    sign_up("ada@example.com", "1234567").expect(400, "at least 8").expect_field("password");
    sign_up("ada@example.com", std::string(129, 'x')).expect(400, "at most 128").expect_field("password");
    sign_up("ada@example.com", std::string(128, 'x')).expect(201);
}

TEST_F(SignUp, does_not_cut_the_password_off) {
    sign_up("ada@example.com", "  spaced out  ").expect(201);
    sign_in("ada@example.com", "spaced out").expect(401);
    sign_in("ada@example.com", "  spaced out  ").expect(200);
}

TEST_F(SignUp, refuses_an_address_that_is_taken) {
    sign_up("ada@example.com").expect(201);
    auto answered = sign_up("ADA@example.com", "another password");
    answered.expect(409).expect_field("email");
    EXPECT_FALSE(answered.headers.has("Set-Cookie"));
    EXPECT_EQ(auth.number("SELECT count(*) FROM users"), 1);
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 1);
    EXPECT_EQ(auth.published<contracts::UserRegistered>().size(), 1U);
    sign_in("ada@example.com").expect(200);
}

TEST_F(SignUp, of_two_at_once_with_one_address_one_succeeds) {
    std::vector<int> statuses(4);
    {
        std::vector<std::jthread> people;
        for (auto& status : statuses)
            people.emplace_back([&] { status = sign_up("ada@example.com").status; });
    }
    EXPECT_EQ(std::ranges::count(statuses, 201), 1);
    EXPECT_EQ(std::ranges::count(statuses, 409), 3);
    EXPECT_EQ(auth.published<contracts::UserRegistered>().size(), 1U);
}

TEST_F(SignUp, refuses_other_content_and_other_sites) {
    auth.nobody()
        .with("Content-Type", "text/plain")
        .post("/api/users/signup", credentials("ada@example.com"))
        .expect(415);
    auth.nobody()
        .with("Sec-Fetch-Site", "cross-site")
        .post("/api/users/signup", credentials("ada@example.com"))
        .expect(403);
}

TEST(SignUpWithHttps, uses_the_host_cookie) {
    auto settings = ServiceTest::default_settings();
    settings.public_url = "https://tickets.example";
    ServiceTest auth{make_service, settings};
    auto answered = auth.post("/api/users/signup", credentials("ada@example.com"));
    answered.expect(201);
    auto cookie = answered.headers["Set-Cookie"];
    EXPECT_TRUE(cookie.starts_with("__Host-session=")) << cookie;
    EXPECT_TRUE(cookie.ends_with("; Secure")) << cookie;
    auto pair = cookie_after(answered);
    EXPECT_NE(auth.nobody().with("Cookie", pair).get("/api/users/currentuser").at("currentUser"), "null");
    EXPECT_EQ(auth.nobody().with("Cookie", pair.substr(7)).get("/api/users/currentuser").at("currentUser"),
              "null");
}

}  // namespace
}  // namespace stagedoor::auth
