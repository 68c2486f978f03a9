#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct Grant : AuthTest {
    std::vector<std::string> roles_of(const Response& response) {
        auto cookie = cookie_from(response);
        auto token = cookie.substr(cookie.find('=') + 1);
        auto key = security::from_base64url(auth.get("/api/users/jwks.json").at("keys[0].x")).value();
        security::PublicKey public_key{};
        std::ranges::copy(key, public_key.begin());
        return security::verify_token(token, public_key).value().roles;
    }
    bool grant_role(std::string_view email, std::string_view role) {
        return auth.write([&](sql::Tx& tx) { return grant(tx, email, role); });
    }
};

TEST_F(Grant, takes_effect_with_the_next_token) {
    auto response = sign_up("ada@example.com");
    EXPECT_TRUE(roles_of(response).empty());
    EXPECT_TRUE(grant_role("Ada@example.com", "admin"));
    EXPECT_TRUE(grant_role("ada@example.com", "admin"));
    EXPECT_EQ(roles_of(sign_in("ada@example.com")), std::vector<std::string>{"admin"});
    auth.clock.advance(13h);
    EXPECT_EQ(roles_of(with_cookie_of(response).get("/api/users/currentuser")),
              std::vector<std::string>{"admin"});
}

TEST_F(Grant, adds_to_existing_roles) {
    (void)sign_up("ada@example.com");
    EXPECT_TRUE(grant_role("ada@example.com", "admin"));
    EXPECT_TRUE(grant_role("ada@example.com", "support"));
    EXPECT_EQ(roles_of(sign_in("ada@example.com")), (std::vector<std::string>{"admin", "support"}));
}

TEST_F(Grant, requires_an_existing_user) {
    EXPECT_FALSE(grant_role("nobody@example.com", "admin"));
    EXPECT_FALSE(grant_role("nonsense", "admin"));
}

}  // namespace
}  // namespace stagedoor::auth
