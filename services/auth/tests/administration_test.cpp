#include "services/auth/administration.hpp"

#include "fleet/polling.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct Administration : AuthTest {
    // The command's own; the running service learns of a change within a second.
    security::Sessions sessions{auth.clock, false};

    bool is_signed_out(const Client& caller) {
        return fleet::becomes_true(
            [&] {
                auth.clock.advance(1s);
                return !is_signed_in(caller);
            },
            10s);
    }
    std::vector<std::string> roles_of(const Response& response) {
        auto cookie = cookie_from(response);
        auto token = cookie.substr(cookie.find('=') + 1);
        auto key = security::from_base64url(auth.get("/api/users/jwks.json").at("keys[0].x")).value();
        security::PublicKey public_key{};
        std::ranges::copy(key, public_key.begin());
        return security::verify_token(token, public_key).value().roles;
    }
    bool grant_role(std::string_view email, std::string_view role) {
        return auth.write([&](sql::Tx& tx) { return grant(tx, email, role).has_value(); });
    }
};

TEST_F(Administration, takes_effect_with_the_next_token) {
    auto response = sign_up("ada@example.com");
    EXPECT_TRUE(roles_of(response).empty());
    EXPECT_TRUE(grant_role("Ada@example.com", "admin"));
    EXPECT_TRUE(grant_role("ada@example.com", "admin"));
    EXPECT_EQ(roles_of(sign_in("ada@example.com")), std::vector<std::string>{"admin"});
    auth.clock.advance(13h);
    EXPECT_EQ(roles_of(with_cookie_of(response).get("/api/users/currentuser")),
              std::vector<std::string>{"admin"});
}

TEST_F(Administration, adds_to_existing_roles) {
    (void)sign_up("ada@example.com");
    EXPECT_TRUE(grant_role("ada@example.com", "admin"));
    EXPECT_TRUE(grant_role("ada@example.com", "support"));
    EXPECT_EQ(roles_of(sign_in("ada@example.com")), (std::vector<std::string>{"admin", "support"}));
}

TEST_F(Administration, is_revoked_at_once) {
    (void)sign_up("ada@example.com");
    EXPECT_TRUE(grant_role("ada@example.com", "admin"));
    EXPECT_TRUE(grant_role("ada@example.com", "support"));
    auto admin = with_cookie_of(sign_in("ada@example.com"));
    auto revoke_role = [&](std::string_view email, std::string_view role) {
        return auth.write([&](sql::Tx& tx) { return revoke(tx, email, role, sessions).has_value(); });
    };
    EXPECT_TRUE(revoke_role("ada@example.com", "unknown"));
    EXPECT_TRUE(is_signed_in(admin));
    EXPECT_TRUE(revoke_role("Ada@example.com", "admin"));
    EXPECT_TRUE(is_signed_out(admin)) << "its token has the role";
    EXPECT_EQ(auth.published<contracts::EpochRaised>().size(), 1U);
    EXPECT_EQ(roles_of(sign_in("ada@example.com")), std::vector<std::string>{"support"});
    EXPECT_FALSE(revoke_role("nobody@example.com", "admin"));
}

TEST_F(Administration, a_disabled_user_is_signed_out_until_enabled) {
    auto ada = signed_up("ada@example.com"), eve = signed_up("eve@example.com");
    EXPECT_TRUE(
        auth.write([&](sql::Tx& tx) { return disable(tx, "ada@example.com", sessions).has_value(); }));
    EXPECT_TRUE(is_signed_out(ada));
    EXPECT_TRUE(is_signed_in(eve));
    sign_in("ada@example.com").expect(403);
    EXPECT_TRUE(auth.write([&](sql::Tx& tx) { return enable(tx, "ada@example.com").has_value(); }));
    sign_in("ada@example.com").expect(200);
    EXPECT_FALSE(auth.write([&](sql::Tx& tx) { return enable(tx, "nobody@example.com").has_value(); }));
}

TEST_F(Administration, operators_can_end_all_sessions_of_a_user) {
    auto ada = signed_up("ada@example.com");
    EXPECT_TRUE(auth.write(
        [&](sql::Tx& tx) { return end_all_sessions(tx, "ada@example.com", sessions).has_value(); }));
    EXPECT_TRUE(is_signed_out(ada));
    sign_in("ada@example.com").expect(200);
}

TEST_F(Administration, requires_an_existing_user) {
    EXPECT_FALSE(grant_role("nobody@example.com", "admin"));
    EXPECT_FALSE(grant_role("nonsense", "admin"));
}

}  // namespace
}  // namespace stagedoor::auth
