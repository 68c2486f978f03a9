// The language of a user's emails: that of the sign-up, then as chosen.
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct UserLanguage : AuthTest {};

TEST_F(UserLanguage, is_that_of_the_sign_up) {
    auto sign_up_in = [&](const char* name, const char* header) {
        auto client = auth.nobody();
        if (*header) client = client.with("Accept-Language", header);
        client
            .post("/api/users/signup", R"({"email":")" + std::string{name} +
                                           R"(@example.com","password":"seven green umbrellas"})")
            .expect(201);
    };
    sign_up_in("ada", "de-AT,de;q=0.9");
    sign_up_in("bob", "");
    sign_up_in("cleo", "ja");
    auto events = auth.published<contracts::UserRegistered>();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].language, "de");
    EXPECT_EQ(events[1].language, std::nullopt);
    EXPECT_EQ(events[2].language, std::nullopt);
    EXPECT_EQ(auth.published<contracts::LinkIssued>().at(0).language, "de");
}

TEST_F(UserLanguage, can_be_changed) {
    auto user = sign_up("ada@example.com");
    auto client = with_cookie_of(user);
    client.put("/api/users/language", R"({"language":"fr"})").expect(200);
    client.put("/api/users/language", R"({"language":"fr"})").expect(200);
    auto events = auth.published<contracts::UserLanguageChosen>();
    ASSERT_EQ(events.size(), 1U) << "only a change is published";
    EXPECT_EQ(events[0].language, "fr");
    EXPECT_EQ(events[0].version, 2);
    client.post("/api/users/confirm/resend").expect(200);
    EXPECT_EQ(auth.published<contracts::LinkIssued>().back().language, "fr");
    client.put("/api/users/language", R"({"language":"xx"})")
        .expect(400, "en, de, fr, es")
        .expect_field("language");
    auth.nobody().put("/api/users/language", R"({"language":"de"})").expect(401);
}

TEST_F(UserLanguage, of_errors_is_that_of_the_request) {
    auto client = auth.nobody().with("Accept-Language", "es");
    auto response = client.post("/api/users/signup", R"({"email":"ada","password":"short"})").expect(400);
    EXPECT_EQ(response.headers["Content-Language"], "es");
    EXPECT_NE(response.body.find("Escribe un correo válido"), std::string::npos) << response.body;
    EXPECT_NE(response.body.find("La contraseña debe tener al menos 8 caracteres"), std::string::npos);
}

}  // namespace
}  // namespace stagedoor::auth
