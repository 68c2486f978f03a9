#include "services/auth/key_ring.hpp"
#include "services/auth/tests/auth_test.hpp"

namespace stagedoor::auth {
namespace {

struct Keys : AuthTest {
    std::size_t published_keys() { return auth.get("/api/users/jwks.json").json()["keys"].array()->size(); }
    // Advances the clock minute by minute until that many keys have been published and retired.
    void run_until(std::size_t added, std::size_t retired) {
        testing::eventually([&] {
            auth.clock.advance(1min);
            return auth.published<contracts::KeyAdded>().size() == added &&
                   auth.published<contracts::KeyRetired>().size() == retired;
        });
    }
};

TEST_F(Keys, include_the_first_one_from_the_start) {
    auto events = auth.published<contracts::KeyAdded>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].active_at, auth.clock.now());
    EXPECT_EQ(events[0].version, 1);
    auto jwks = auth.get("/api/users/jwks.json");
    jwks.expect(200);
    EXPECT_EQ(jwks.at("keys[0].kty"), "OKP");
    EXPECT_EQ(jwks.at("keys[0].crv"), "Ed25519");
    EXPECT_EQ(jwks.at("keys[0].alg"), "EdDSA");
    EXPECT_EQ(jwks.at("keys[0].use"), "sig");
    EXPECT_EQ(jwks.at("keys[0].kid"), events[0].id);
    EXPECT_EQ(jwks.at("keys[0].x"), events[0].public_key);
    EXPECT_EQ(jwks.at("keys[0].d"), "") << "the private half stays private";
    EXPECT_EQ(published_keys(), 1U);
}

TEST_F(Keys, rotate_without_signing_anyone_out) {
    auth.clock.advance(std::chrono::days{30} - 20min);
    auto before = signed_up("ada@example.com");
    run_until(2, 0);
    auto next = auth.published<contracts::KeyAdded>()[1];
    EXPECT_EQ(next.version, 1);
    EXPECT_GE(next.active_at, auth.clock.now() + 8min) << "published well before its first use";
    EXPECT_EQ(published_keys(), 2U);
    auto kid = [](const Response& response) {
        auto cookie = cookie_from(response);
        return security::key_id_of(std::string_view{cookie}.substr(cookie.find('=') + 1)).value();
    };
    auto before_activation = sign_in("ada@example.com");
    EXPECT_NE(kid(before_activation), next.id);
    // One advance may fire the timer before the worker sleeps again, so keep advancing until it has polled.
    testing::eventually([&] {
        auth.clock.advance(1min);
        return kid(sign_in("ada@example.com")) == next.id;
    });
    EXPECT_GE(auth.clock.now(), next.active_at);
    EXPECT_TRUE(is_signed_in(before));
    EXPECT_TRUE(is_signed_in(with_cookie_of(before_activation)));
}

TEST_F(Keys, retire_once_all_their_tokens_have_expired) {
    auth.clock.advance(std::chrono::days{30});
    run_until(2, 0);
    auto first = auth.published<contracts::KeyAdded>()[0], second = auth.published<contracts::KeyAdded>()[1];
    auth.clock.advance(24h);
    auth.clock.advance(30min);
    EXPECT_TRUE(auth.published<contracts::KeyRetired>().empty());
    run_until(2, 1);
    EXPECT_GE(auth.clock.now(), second.active_at + 25h);
    auto events = auth.published<contracts::KeyRetired>();
    EXPECT_EQ(events[0].id, first.id);
    EXPECT_EQ(events[0].version, 2);
    EXPECT_EQ(published_keys(), 1U);
    EXPECT_EQ(auth.number("SELECT count(*) FROM key_pairs WHERE sealed_key = ''"), 1)
        << "its private half is wiped";
    EXPECT_EQ(auth.number("SELECT count(*) FROM signing_keys WHERE retired = 1"), 1);
    EXPECT_TRUE(is_signed_in(with_cookie_of(sign_up("ada@example.com"))));
}

TEST_F(Keys, are_created_once_by_concurrent_replicas) {
    runtime::SystemRandom random;
    KeyRing ring{"a secret for tests only"};
    auto twin = ring.make(1, auth.clock.now(), auth.clock.now(), random);
    security::Sessions sessions{auth.clock, false};
    auth.write([&](sql::Tx& tx) { store::add_key(tx, twin, sessions); });
    EXPECT_EQ(auth.published<contracts::KeyAdded>().size(), 1U);
    EXPECT_EQ(auth.number("SELECT count(*) FROM key_pairs"), 1);
    EXPECT_FALSE(sessions.ready());
}

TEST_F(Keys, are_stored_encrypted_under_the_secret) {
    auto rows = auth.read([](sql::Tx& tx) { return store::keys(tx); });
    ASSERT_EQ(rows.size(), 1U);
    KeyRing right{"a secret for tests only"}, wrong{"another secret"};
    EXPECT_THROW(wrong.load(rows), std::runtime_error);
    EXPECT_THROW((void)wrong.active(auth.clock.now()), Unavailable);
    right.load(rows);
    EXPECT_EQ(right.active(auth.clock.now())->id, rows[0].id);
    EXPECT_THROW((void)right.active(auth.clock.now() - 1ms), Unavailable);
}

}  // namespace
}  // namespace stagedoor::auth
