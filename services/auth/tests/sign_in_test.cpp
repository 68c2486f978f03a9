#include <sodium.h>

#include "services/auth/administration.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct SignIn : AuthTest {
    // The user's password, hashed as earlier versions did.
    void hash_as_typed(const std::string& email, const std::string& typed) {
        (void)sign_up(email);
        auto passwords = security::make_passwords();
        auto hash = auth.loop.wait_for(passwords->hash(typed));
        auth.write([&](sql::Tx& tx) {
            tx.execute("UPDATE users SET password_hash = $2 WHERE email = $1", email, hash);
        });
    }
};

TEST_F(SignIn, returns_the_user_and_starts_a_separate_session) {
    auto signed_up = sign_up("ada@example.com");
    auto response = sign_in(" ADA@example.com");
    response.expect(200, R"("email":"ada@example.com")");
    EXPECT_EQ(response.at("id"), signed_up.at("id"));
    EXPECT_NE(cookie_from(response), cookie_from(signed_up));
    EXPECT_TRUE(is_signed_in(with_cookie_of(response)));
    EXPECT_TRUE(is_signed_in(with_cookie_of(signed_up)));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 2);
}

TEST_F(SignIn, ends_the_session_that_the_browser_had) {
    auto before = signed_up("ada@example.com");
    (void)sign_up("eve@example.com");
    auto other = with_cookie_of(sign_in("ada@example.com"));
    auto after = before.post("/api/users/signin", credentials("eve@example.com"));
    after.expect(200);
    EXPECT_FALSE(is_signed_in(before));
    EXPECT_TRUE(is_signed_in(with_cookie_of(after)));
    EXPECT_TRUE(is_signed_in(other)) << "another browser";
    EXPECT_EQ(auth.published<contracts::SessionRevoked>().size(), 1U);
    other.post("/api/users/signin", credentials("eve@example.com", "wrong horse")).expect(401);
    EXPECT_TRUE(is_signed_in(other)) << "nobody has signed in";
}

TEST_F(SignIn, is_refused_for_a_disabled_account) {
    (void)sign_up("ada@example.com");
    security::Sessions sessions{auth.clock, false};
    EXPECT_TRUE(
        auth.write([&](sql::Tx& tx) { return disable(tx, "ada@example.com", sessions).has_value(); }));
    sign_in("ada@example.com").expect(403, "disabled");
    sign_in("ada@example.com", "wrong horse").expect(401);
}

TEST_F(SignIn, replaces_a_hash_of_other_parameters) {
    (void)sign_up("ada@example.com");
    std::array<char, crypto_pwhash_STRBYTES> weak{};
    ASSERT_EQ(crypto_pwhash_str(weak.data(), password.data(), password.size(), 1, 8 * 1024 * 1024), 0);
    auth.write(
        [&](sql::Tx& tx) { tx.execute("UPDATE users SET password_hash = $1", std::string{weak.data()}); });
    sign_in("ada@example.com").expect(200);
    auto hash =
        auth.read([](sql::Tx& tx) { return tx.find<std::string>("SELECT password_hash FROM users"); });
    EXPECT_FALSE(security::is_outdated(hash.value()));
    sign_in("ada@example.com").expect(200);
}

TEST_F(SignIn, accepts_the_session_token_as_a_bearer_token) {
    auto cookie = cookie_from(sign_up("ada@example.com"));
    auto token = cookie.substr(cookie.find('=') + 1);
    EXPECT_TRUE(is_signed_in(auth.nobody().with("Authorization", "Bearer " + token)));
    EXPECT_FALSE(is_signed_in(auth.nobody().with("Authorization", "Bearer " + token + "A")));
}

TEST_F(SignIn, responds_the_same_to_a_wrong_password_and_an_unknown_user) {
    sign_up("ada@example.com").expect(201);
    auto wrong = sign_in("ada@example.com", "wrong horse"), unknown = sign_in("eve@example.com");
    wrong.expect(401);
    unknown.expect(401);
    EXPECT_EQ(wrong.body, unknown.body);
    EXPECT_FALSE(wrong.headers.has("Set-Cookie"));
    EXPECT_EQ(auth.number("SELECT count(*) FROM sessions"), 1);
}

TEST_F(SignIn, takes_the_same_time_for_a_wrong_password_and_an_unknown_user) {
    sign_up("ada@example.com").expect(201);
    auto time = [this](const std::string& email) {
        auto start = std::chrono::steady_clock::now();
        sign_in(email, "wrong horse").expect(401);
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    };
    auto known = 1e9, unknown = 1e9;  // fastest of 7, taken in turn: load slows both alike
    for (int i = 0; i < 7; ++i) {
        known = std::min(known, time("ada@example.com"));
        unknown = std::min(unknown, time("eve@example.com"));
    }
    EXPECT_GT(unknown, known * 0.5);
    EXPECT_LT(unknown, known * 2.0);
}

TEST_F(SignIn, accepts_the_password_in_any_form_of_the_same_characters) {
    sign_up("ada@example.com", "Caf\u00E9 con leche").expect(201);
    sign_up("eve@example.com", "Cafe\u0301\u3000con\u00A0leche").expect(201);
    for (const auto* email : {"ada@example.com", "eve@example.com"}) {
        sign_in(email, "Cafe\u0301 con leche").expect(200);
        sign_in(email, "Caf\u00E9\u00A0con\u2003leche").expect(200);
        sign_in(email, "Cafe con leche").expect(401);
        sign_in(email, "caf\u00E9 con leche").expect(401);
    }
}

TEST_F(SignIn, accepts_a_password_that_was_hashed_as_typed_and_then_in_any_form) {
    hash_as_typed("ada@example.com", "Cafe\u0301 con leche");
    sign_in("ada@example.com", "Caf\u00E9 con leche").expect(401);
    auto before = with_cookie_of(sign_in("ada@example.com", "Cafe\u0301 con leche"));
    for (const auto* typed : {"Caf\u00E9 con leche", "Cafe\u0301 con leche", "Caf\u00E9\u00A0con leche"})
        sign_in("ada@example.com", typed).expect(200);
    EXPECT_TRUE(is_signed_in(before)) << "it is the same password: no session ends";
    EXPECT_TRUE(auth.published<contracts::EpochRaised>().empty());
}

TEST_F(SignIn, accepts_an_old_password_that_could_not_be_chosen_today) {
    for (const auto* typed : {"two\\twords", "two\u200Bwords", "\\u0000\\u0001 control"}) {
        auto decoded = json::parse('"' + std::string{typed} + '"').value();
        hash_as_typed("ada@example.com", *decoded.string());
        sign_in("ada@example.com", "twowords").expect(401);
        for (int i = 0; i < 2; ++i) sign_in("ada@example.com", typed).expect(200);
    }
}

TEST_F(SignIn, stores_no_new_hash_after_a_wrong_password) {
    hash_as_typed("ada@example.com", "Cafe\u0301 con leche");
    auto hash = [this] {
        return auth.read([](sql::Tx& tx) { return tx.find<std::string>("SELECT password_hash FROM users"); });
    };
    auto before = hash();
    sign_in("ada@example.com", "Cafe\u0301 con lache").expect(401);
    EXPECT_EQ(hash(), before);
}

TEST_F(SignIn, rejects_invalid_input) {
    auth.post("/api/users/signin", R"({})").expect(400).expect_field("email").expect_field("password");
    sign_in("ada", "x").expect(400).expect_field("email");
    sign_in("ada@example.com", "").expect(400).expect_field("password");
}

}  // namespace
}  // namespace stagedoor::auth
