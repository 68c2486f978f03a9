// The routes of auth, as specified in docs/contract.md.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

std::string credentials(const std::string& email, std::string_view password) {
    return R"({"email":)" + json_text(email) + R"(,"password":)" + json_text(password) + "}";
}

Response sign_in(const User& user) {
    return shared().anonymous().post("/api/users/signin", credentials(user.email, user.password));
}

User with_new_session(User user) {
    user.cookie = sign_in(user).expect(200).cookie();
    return user;
}

// Every service verifies the token itself.
std::vector<std::pair<std::string, int>> status_at_each_service(const User& user) {
    auto client = user.at(shared().url);
    return {{"auth", client.get("/api/users/sessions").status},
            {"tickets", client.get("/api/tickets/mine").status},
            {"orders", client.get("/api/orders").status},
            {"payments", client.get("/api/payments/balance").status},
            {"client", client.get("/account").status}};
}

// Several rounds, so that every replica of every service responds.
bool is_rejected_everywhere(const User& user) {
    for (int i = 0; i < 4; ++i) {
        for (const auto& [service, status] : status_at_each_service(user)) {
            if (status == 200) return false;
        }
    }
    return true;
}

TEST(SignUp, returns_the_user_and_a_session_that_every_service_accepts_at_once) {
    auto email = unique_email();
    auto reply =
        shared().anonymous().post("/api/users/signup", credentials(email, good_password)).expect(201);
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
    for (const auto& [service, status] : status_at_each_service(user)) EXPECT_EQ(status, 200) << service;
    auto current = user.at(shared().url).get("/api/users/currentuser").expect(200);
    EXPECT_EQ(current.at("currentUser.id"), user.id);
    EXPECT_EQ(current.at("currentUser.email"), email);
}

TEST(SignUp, accepts_an_address_once_regardless_of_case_and_spaces) {
    auto email = unique_email("mixed");
    auto uppercase = email;
    std::ranges::transform(uppercase, uppercase.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(shared()
                  .anonymous()
                  .post("/api/users/signup", credentials("  " + uppercase + " ", good_password))
                  .expect(201)
                  .at("email"),
              email);
    shared()
        .anonymous()
        .post("/api/users/signup", credentials(email, good_password))
        .expect(409)
        .expect_fields({"email"});
    shared().anonymous().post("/api/users/signin", credentials(uppercase, good_password)).expect(200);
}

TEST(SignUp, reports_all_errors_at_once) {
    auto anonymous = shared().anonymous();
    anonymous.post("/api/users/signup", R"({"email":"no address","password":"short"})")
        .expect(400)
        .expect_fields({"email", "password"});
    anonymous.post("/api/users/signup", "{}").expect(400).expect_fields({"email", "password"});
    anonymous.post("/api/users/signup", R"({"email":7,"password":null})")
        .expect(400)
        .expect_fields({"email", "password"});
    for (auto email :
         {"", "@", "a@", "@b.c", "a b@c.de", "a@b", "a@b..c", "a@127.0.0.1", "<a@b.cd>", "a@b.cd\\u0000"}) {
        anonymous
            .post("/api/users/signup",
                  R"({"email":")" + std::string{email} + R"(","password":"seven green umbrellas"})")
            .expect(400)
            .expect_fields({"email"});
    }
}

TEST(SignUp, requires_8_to_128_characters_that_are_not_easy_to_guess) {
    auto anonymous = shared().anonymous();
    auto expect_rejected = [&](const std::string& password) {
        anonymous.post("/api/users/signup", credentials(unique_email(), password))
            .expect(400)
            .expect_fields({"password"});
    };
    expect_rejected("1234567");
    expect_rejected("password");
    expect_rejected("PASSWORD");
    for (const auto* weak :
         {"password123", "qwerty123", "welcome1", "aaaaaaaa", "stagedoor", "Stagedoor2026"})
        expect_rejected(weak);
    expect_rejected(std::string(129, 'x'));
    std::string umlauts = "seven green umbrellas ";
    for (auto i = umlauts.size(); i < 128; ++i) umlauts += "ä";
    anonymous.post("/api/users/signup", credentials(unique_email(), umlauts)).expect(201);
    auto email = unique_email();
    anonymous.post("/api/users/signup", credentials(email, " keep my spaces ")).expect(201);
    anonymous.post("/api/users/signin", credentials(email, "keep my spaces")).expect(401);
    anonymous.post("/api/users/signin", credentials(email, " keep my spaces ")).expect(200);
}

TEST(SignIn, does_not_reveal_whether_the_email_or_the_password_is_wrong) {
    auto email = shared().eve.email;
    auto fastest = [](const std::string& address) {
        auto least = std::chrono::nanoseconds::max();
        std::string body;
        for (int i = 0; i < 7; ++i) {
            auto start = std::chrono::steady_clock::now();
            auto reply = shared()
                             .anonymous()
                             .post("/api/users/signin", credentials(address, "not the password"))
                             .expect(401);
            least = std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - start);
            body = reply.body;
        }
        return std::pair{body, static_cast<double>(least.count()) / 1e6};
    };
    auto [wrong_password, known_ms] = fastest(email);
    auto [unknown, unknown_ms] = fastest(unique_email());
    EXPECT_EQ(wrong_password, unknown);
    std::cout << "wrong password " << known_ms << " ms, unknown email " << unknown_ms << " ms" << std::endl;
    EXPECT_LT(std::abs(known_ms - unknown_ms), 0.5 * std::max(known_ms, unknown_ms));
}

TEST(SignIn, starts_a_new_session) {
    auto reply = sign_in(shared().eve).expect(200);
    EXPECT_EQ(reply.at("id"), shared().eve.id);
    EXPECT_EQ(reply.at("email"), shared().eve.email);
    EXPECT_NE(reply.cookie(), shared().eve.cookie);
    shared().anonymous().post("/api/users/signin", "{}").expect(400).expect_fields({"email", "password"});
    shared()
        .anonymous()
        .post("/api/users/signin", credentials(shared().eve.email, ""))
        .expect(400)
        .expect_fields({"password"});
}

TEST(SignIn, a_bearer_token_works_too) {
    auto client = shared().anonymous().with("Authorization", "Bearer " + shared().eve.token());
    EXPECT_EQ(client.get("/api/users/currentuser").expect(200).at("currentUser.id"), shared().eve.id);
    client.get("/api/orders").expect(200);
    client.get("/api/tickets/mine").expect(200);
}

TEST(SignOut, reaches_every_service_within_two_seconds) {
    auto user = with_new_session(shared().eve);
    auto reply = user.at(shared().url).post("/api/users/signout").expect(200);
    EXPECT_EQ(reply.body, "{}");
    EXPECT_NE(reply.header("Set-Cookie").find("Max-Age=0"), std::string_view::npos)
        << reply.header("Set-Cookie");
    EXPECT_TRUE(becomes_true([&] { return is_rejected_everywhere(user); }, 2s));
    EXPECT_EQ(user.at(shared().url).get("/api/users/currentuser").expect(200).body,
              R"({"currentUser":null})");
    user.at(shared().url).get("/api/orders").expect(401);
    shared().stranger().get("/api/orders").expect(200);  // other sessions remain valid
    shared().anonymous().post("/api/users/signout").expect(200);
}

TEST(PasswordChange, ends_all_other_sessions_within_two_seconds) {
    auto user = sign_up(shared().url);
    auto other_device = with_new_session(user);
    std::string new_password = "eleven brass keyholes";
    auto change = [&](const User& sender, const std::string& current, const std::string& next) {
        return sender.at(shared().url)
            .put("/api/users/password", R"({"currentPassword":)" + json_text(current) + R"(,"newPassword":)" +
                                            json_text(next) + "}");
    };
    change(user, "not the password", new_password).expect(400).expect_fields({"currentPassword"});
    change(user, user.password, "short").expect(400).expect_fields({"newPassword"});
    auto before = user;
    auto reply = change(user, user.password, new_password).expect(200);
    EXPECT_EQ(reply.at("id"), user.id);
    user.cookie = reply.cookie();
    EXPECT_TRUE(becomes_true(
        [&] { return is_rejected_everywhere(other_device) && is_rejected_everywhere(before); }, 2s));
    for (const auto& [service, status] : status_at_each_service(user)) EXPECT_EQ(status, 200) << service;
    sign_in(user).expect(401);
    user.password = new_password;
    auto again = with_new_session(user);
    for (const auto& [service, status] : status_at_each_service(again)) EXPECT_EQ(status, 200) << service;
    shared().anonymous().put("/api/users/password", "{}").expect(401);
}

TEST(CurrentUser, is_that_of_the_first_valid_session_cookie) {
    auto with = [](const std::string& cookies) {
        return shared().anonymous().with("Cookie", cookies).get("/api/users/currentuser").expect(200);
    };
    auto id = [](const Response& reply) { return reply.at("currentUser.id"); };
    const auto &ada = shared().ada, &ben = shared().ben;
    EXPECT_EQ(id(with("session=leftover; " + ada.cookie)), ada.id);
    EXPECT_EQ(id(with(ada.cookie + "; session=leftover")), ada.id);
    EXPECT_EQ(id(with(ada.cookie + "; " + ben.cookie)), ada.id);
    EXPECT_EQ(id(with("session=; session=x")), "");
}

TEST(CurrentUser, is_null_without_a_session) {
    EXPECT_EQ(shared().anonymous().get("/api/users/currentuser").expect(200).body, R"({"currentUser":null})");
    EXPECT_EQ(shared()
                  .anonymous()
                  .with("Cookie", "session=nonsense")
                  .get("/api/users/currentuser")
                  .expect(200)
                  .body,
              R"({"currentUser":null})");
}

TEST(Sessions, are_listed_and_revoked_one_by_one) {
    auto user = sign_up(shared().url);
    auto phone = user;
    phone.cookie = shared()
                       .anonymous()
                       .with("User-Agent", "a phone")
                       .post("/api/users/signin", credentials(user.email, user.password))
                       .expect(200)
                       .cookie();
    auto all = user.at(shared().url).get("/api/users/sessions").expect(200);
    ASSERT_EQ(all.count(), 2u);
    EXPECT_EQ(all.at("[0].userAgent"), "a phone");
    EXPECT_EQ(all.at("[0].current"), "false");
    EXPECT_EQ(all.at("[1].current"), "true");
    EXPECT_EQ(all_pages(user.at(shared().url), "/api/users/sessions?limit=1").size(), 2u);

    auto id = all.at("[0].id");
    auto end = [&](const Client& client, const std::string& password) {
        return client.post("/api/users/sessions/end",
                           R"({"id":")" + id + R"(","password":")" + password + R"("})");
    };
    end(shared().anonymous(), user.password).expect(401);
    end(shared().stranger(), shared().eve.password).expect(404);
    end(user.at(shared().url), "not the password").expect(400).expect_fields({"password"});
    end(user.at(shared().url), user.password).expect(200);
    end(user.at(shared().url), user.password).expect(404);
    EXPECT_TRUE(becomes_true([&] { return is_rejected_everywhere(phone); }, 2s));
    EXPECT_EQ(user.at(shared().url).get("/api/users/sessions").expect(200).count(), 1u);
}

TEST(PublicKeys, are_published_without_the_private_part) {
    auto reply = shared().anonymous().get("/api/users/jwks.json").expect(200);
    ASSERT_GE(reply.count("keys"), 1u);
    EXPECT_EQ(reply.at("keys[0].kty"), "OKP");
    EXPECT_EQ(reply.at("keys[0].crv"), "Ed25519");
    EXPECT_FALSE(reply.at("keys[0].kid").empty());
    EXPECT_FALSE(reply.at("keys[0].x").empty());
    EXPECT_EQ(reply.at("keys[0].d"), "");
}

TEST(Session, is_required_for_everything_personal) {
    auto anonymous = shared().anonymous();
    anonymous.get("/api/users/sessions").expect(401);
    anonymous.post("/api/tickets", Offer{}.json()).expect(401);
    anonymous.get("/api/tickets/mine").expect(401);
    anonymous.put("/api/tickets/x", Offer{}.json()).expect(401);
    anonymous.delete_("/api/tickets/x").expect(401);
    anonymous.post("/api/orders", basket({{"x"}})).expect(401);
    anonymous.get("/api/orders").expect(401);
    anonymous.get("/api/orders/x").expect(401);
    anonymous.delete_("/api/orders/x").expect(401);
    anonymous.post("/api/tickets/x/cancel").expect(401);
    anonymous.post("/api/payments", payment("x")).expect(401);
    anonymous.get("/api/payments?orderId=x").expect(401);
    anonymous.get("/api/payments/balance").expect(401);
    anonymous.post("/api/users/confirm/resend").expect(401);
}

}  // namespace
}  // namespace stagedoor::testing
