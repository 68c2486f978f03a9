// CONTRACT.md, the routes of auth.
#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

std::string credentials(const std::string& email, std::string_view password) {
    return R"({"email":)" + json_text(email) + R"(,"password":)" + json_text(password) + "}";
}

Reply sign_in(const User& user) {
    return stage().nobody().post("/api/users/signin", credentials(user.email, user.password));
}

User signed_in_again(User user) {
    user.cookie = sign_in(user).expect(200).cookie();
    return user;
}

// Every service decides for itself whether a token is good.
std::vector<std::pair<std::string, int>> session_at_each_service(const User& user) {
    auto visitor = user.at(stage().url);
    return {{"auth", visitor.get("/api/users/sessions").status},
            {"tickets", visitor.get("/api/tickets/mine").status},
            {"orders", visitor.get("/api/orders").status},
            {"payments", visitor.get("/api/payments/balance").status},
            {"client", visitor.get("/account").status}};
}

// Asked more than once, so that each copy of each service has its say.
bool is_refused_everywhere(const User& user) {
    for (int i = 0; i < 4; ++i) {
        for (const auto& [service, status] : session_at_each_service(user)) {
            if (status == 200) return false;
        }
    }
    return true;
}

TEST(SignUp, gives_the_user_and_a_session_that_every_service_knows_at_once) {
    auto email = fresh_email();
    auto reply = stage().nobody().post("/api/users/signup", credentials(email, good_password)).expect(201);
    EXPECT_EQ(reply.at("email"), email);
    EXPECT_FALSE(reply.at("id").empty());
    EXPECT_EQ(reply.body.find(good_password), std::string::npos);
    std::string set{reply.header("Set-Cookie")};
    for (std::string_view part : {"session=", "HttpOnly", "SameSite=Lax", "Path=/"})
        EXPECT_NE(set.find(part), std::string::npos) << set;
    EXPECT_EQ(set.find("Domain"), std::string::npos) << set;
    EXPECT_NE(reply.header("Cache-Control").find("no-store"), std::string_view::npos);

    User user{.id = reply.at("id"),
              .email = email,
              .password = std::string{good_password},
              .cookie = reply.cookie()};
    for (const auto& [service, status] : session_at_each_service(user)) EXPECT_EQ(status, 200) << service;
    auto current = user.at(stage().url).get("/api/users/currentuser").expect(200);
    EXPECT_EQ(current.at("currentUser.id"), user.id);
    EXPECT_EQ(current.at("currentUser.email"), email);
}

TEST(SignUp, takes_one_address_once_however_it_is_written) {
    auto email = fresh_email("mixed");
    auto shouted = email;
    std::ranges::transform(shouted, shouted.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(stage()
                  .nobody()
                  .post("/api/users/signup", credentials("  " + shouted + " ", good_password))
                  .expect(201)
                  .at("email"),
              email);
    stage()
        .nobody()
        .post("/api/users/signup", credentials(email, good_password))
        .expect(409)
        .expect_fields({"email"});
    stage().nobody().post("/api/users/signin", credentials(shouted, good_password)).expect(200);
}

TEST(SignUp, tells_all_that_is_wrong_at_once) {
    auto nobody = stage().nobody();
    nobody.post("/api/users/signup", R"({"email":"no address","password":"short"})")
        .expect(400)
        .expect_fields({"email", "password"});
    nobody.post("/api/users/signup", "{}").expect(400).expect_fields({"email", "password"});
    nobody.post("/api/users/signup", R"({"email":7,"password":null})")
        .expect(400)
        .expect_fields({"email", "password"});
    for (auto email :
         {"", "@", "a@", "@b.c", "a b@c.de", "a@b", "a@b..c", "a@127.0.0.1", "<a@b.cd>", "a@b.cd\\u0000"}) {
        nobody
            .post("/api/users/signup",
                  R"({"email":")" + std::string{email} + R"(","password":"seven green umbrellas"})")
            .expect(400)
            .expect_fields({"email"});
    }
}

TEST(SignUp, wants_8_to_128_characters_that_are_not_among_the_commonest) {
    auto nobody = stage().nobody();
    auto refused = [&](const std::string& password) {
        nobody.post("/api/users/signup", credentials(fresh_email(), password))
            .expect(400)
            .expect_fields({"password"});
    };
    refused("1234567");
    refused("password");
    refused("PASSWORD");
    refused(std::string(129, 'x'));
    std::string umlauts;
    for (int i = 0; i < 128; ++i) umlauts += "ä";
    nobody.post("/api/users/signup", credentials(fresh_email(), umlauts)).expect(201);
    auto email = fresh_email();
    nobody.post("/api/users/signup", credentials(email, " keep my spaces ")).expect(201);
    nobody.post("/api/users/signin", credentials(email, "keep my spaces")).expect(401);
    nobody.post("/api/users/signin", credentials(email, " keep my spaces ")).expect(200);
}

TEST(SignIn, says_the_same_after_the_same_time_whether_the_user_or_the_password_is_wrong) {
    auto email = stage().eve.email;
    auto quickest = [](const std::string& who) {
        auto least = std::chrono::nanoseconds::max();
        std::string body;
        for (int i = 0; i < 7; ++i) {
            auto begun = std::chrono::steady_clock::now();
            auto reply =
                stage().nobody().post("/api/users/signin", credentials(who, "not the password")).expect(401);
            least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - begun);
            body = reply.body;
        }
        return std::pair{body, static_cast<double>(least.count()) / 1e6};
    };
    auto [wrong_password, one_ms] = quickest(email);
    auto [unknown, other_ms] = quickest(fresh_email());
    EXPECT_EQ(wrong_password, unknown);
    std::cout << "wrong password " << one_ms << " ms, unknown e-mail " << other_ms << " ms" << std::endl;
    EXPECT_LT(std::abs(one_ms - other_ms), 0.5 * std::max(one_ms, other_ms));
}

TEST(SignIn, gives_a_session_of_its_own) {
    auto reply = sign_in(stage().eve).expect(200);
    EXPECT_EQ(reply.at("id"), stage().eve.id);
    EXPECT_EQ(reply.at("email"), stage().eve.email);
    EXPECT_NE(reply.cookie(), stage().eve.cookie);
    stage().nobody().post("/api/users/signin", "{}").expect(400).expect_fields({"email", "password"});
    stage()
        .nobody()
        .post("/api/users/signin", credentials(stage().eve.email, ""))
        .expect(400)
        .expect_fields({"password"});
}

TEST(SignIn, works_by_bearer_token_too) {
    auto visitor = stage().nobody().with("Authorization", "Bearer " + stage().eve.token());
    EXPECT_EQ(visitor.get("/api/users/currentuser").expect(200).at("currentUser.id"), stage().eve.id);
    visitor.get("/api/orders").expect(200);
    visitor.get("/api/tickets/mine").expect(200);
}

TEST(SignOut, is_known_to_every_service_within_two_seconds) {
    auto user = signed_in_again(stage().eve);
    auto reply = user.at(stage().url).post("/api/users/signout").expect(200);
    EXPECT_EQ(reply.body, "{}");
    EXPECT_NE(reply.header("Set-Cookie").find("Max-Age=0"), std::string_view::npos)
        << reply.header("Set-Cookie");
    EXPECT_TRUE(comes_true([&] { return is_refused_everywhere(user); }, 2s));
    EXPECT_EQ(user.at(stage().url).get("/api/users/currentuser").expect(200).body, R"({"currentUser":null})");
    user.at(stage().url).get("/api/orders").expect(401);
    stage().stranger().get("/api/orders").expect(200);  // the other session goes on
    stage().nobody().post("/api/users/signout").expect(200);
}

TEST(PasswordChange, ends_all_other_sessions_within_two_seconds) {
    auto user = sign_up(stage().url);
    auto elsewhere = signed_in_again(user);
    std::string fresh = "eleven brass keyholes";
    auto change = [&](const User& who, const std::string& present, const std::string& next) {
        return who.at(stage().url)
            .put("/api/users/password", R"({"currentPassword":)" + json_text(present) + R"(,"newPassword":)" +
                                            json_text(next) + "}");
    };
    change(user, "not the password", fresh).expect(400).expect_fields({"currentPassword"});
    change(user, user.password, "short").expect(400).expect_fields({"newPassword"});
    auto before = user;
    auto reply = change(user, user.password, fresh).expect(200);
    EXPECT_EQ(reply.at("id"), user.id);
    user.cookie = reply.cookie();
    EXPECT_TRUE(
        comes_true([&] { return is_refused_everywhere(elsewhere) && is_refused_everywhere(before); }, 2s));
    for (const auto& [service, status] : session_at_each_service(user)) EXPECT_EQ(status, 200) << service;
    sign_in(user).expect(401);
    user.password = fresh;
    auto again = signed_in_again(user);
    for (const auto& [service, status] : session_at_each_service(again)) EXPECT_EQ(status, 200) << service;
    stage().nobody().put("/api/users/password", "{}").expect(401);
}

TEST(CurrentUser, is_null_for_nobody) {
    EXPECT_EQ(stage().nobody().get("/api/users/currentuser").expect(200).body, R"({"currentUser":null})");
    EXPECT_EQ(
        stage().nobody().with("Cookie", "session=nonsense").get("/api/users/currentuser").expect(200).body,
        R"({"currentUser":null})");
}

TEST(Sessions, can_be_seen_and_ended_one_by_one) {
    auto user = sign_up(stage().url);
    auto phone = user;
    phone.cookie = stage()
                       .nobody()
                       .with("User-Agent", "a phone")
                       .post("/api/users/signin", credentials(user.email, user.password))
                       .expect(200)
                       .cookie();
    auto all = user.at(stage().url).get("/api/users/sessions").expect(200);
    ASSERT_EQ(all.count(), 2u);
    EXPECT_EQ(all.at("[0].userAgent"), "a phone");
    EXPECT_EQ(all.at("[0].current"), "false");
    EXPECT_EQ(all.at("[1].current"), "true");
    EXPECT_EQ(every_page(user.at(stage().url), "/api/users/sessions?limit=1").size(), 2u);

    auto id = all.at("[0].id");
    stage().stranger().delete_("/api/users/sessions/" + id).expect(404);
    stage().nobody().delete_("/api/users/sessions/" + id).expect(401);
    user.at(stage().url).delete_("/api/users/sessions/" + id).expect(204);
    user.at(stage().url).delete_("/api/users/sessions/" + id).expect(404);
    EXPECT_TRUE(comes_true([&] { return is_refused_everywhere(phone); }, 2s));
    EXPECT_EQ(user.at(stage().url).get("/api/users/sessions").expect(200).count(), 1u);
}

TEST(PublicKeys, are_for_outsiders_and_public_only) {
    auto reply = stage().nobody().get("/api/users/jwks.json").expect(200);
    ASSERT_GE(reply.count("keys"), 1u);
    EXPECT_EQ(reply.at("keys[0].kty"), "OKP");
    EXPECT_EQ(reply.at("keys[0].crv"), "Ed25519");
    EXPECT_FALSE(reply.at("keys[0].kid").empty());
    EXPECT_FALSE(reply.at("keys[0].x").empty());
    EXPECT_EQ(reply.at("keys[0].d"), "");
}

TEST(Session, is_needed_where_something_is_somebodys) {
    auto nobody = stage().nobody();
    nobody.get("/api/users/sessions").expect(401);
    nobody.post("/api/tickets", Offer{}.json()).expect(401);
    nobody.get("/api/tickets/mine").expect(401);
    nobody.put("/api/tickets/x", Offer{}.json()).expect(401);
    nobody.delete_("/api/tickets/x").expect(401);
    nobody.post("/api/orders", basket({{"x"}})).expect(401);
    nobody.get("/api/orders").expect(401);
    nobody.get("/api/orders/x").expect(401);
    nobody.delete_("/api/orders/x").expect(401);
    nobody.post("/api/tickets/x/cancel").expect(401);
    nobody.post("/api/payments", payment("x")).expect(401);
    nobody.get("/api/payments?orderId=x").expect(401);
    nobody.get("/api/payments/balance").expect(401);
    nobody.post("/api/users/confirm/resend").expect(401);
}

}  // namespace
}  // namespace stagedoor::testing
