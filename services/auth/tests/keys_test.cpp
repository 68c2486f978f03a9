#include <atomic>
#include <thread>

#include "common/security/link.hpp"
#include "common/security/sealed.hpp"
#include "fleet/polling.hpp"
#include "services/auth/administration.hpp"
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
    EXPECT_EQ(auth.number("SELECT active_at - created_at FROM key_pairs WHERE number = 2"),
              std::chrono::milliseconds{10min}.count())
        << "published well before its first use";
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
    EXPECT_THROW(wrong.load(rows, std::nullopt), std::runtime_error);
    EXPECT_THROW((void)wrong.active(auth.clock.now()), Unavailable);
    right.load(rows, std::nullopt);
    EXPECT_EQ(right.active(auth.clock.now())->id, rows[0].id);
    EXPECT_THROW((void)right.active(auth.clock.now() - 1ms), Unavailable);
}

// ---- another JWT_KEY_SECRET

Settings with_secret(std::string secret, std::string previous = {}) {
    auto settings = test_settings();
    settings.jwt_key_secret = std::move(secret);
    settings.jwt_key_secret_previous = std::move(previous);
    return settings;
}

const std::string old_secret = test_settings().jwt_key_secret, new_secret = "the secret that replaces it";

TEST_F(Keys, are_encrypted_anew_at_start_and_keep_everybody_signed_in) {
    auto ada = signed_up("ada@example.com");
    auth.restart_with(with_secret(new_secret, old_secret));
    EXPECT_TRUE(is_signed_in(ada));
    EXPECT_TRUE(is_signed_in(with_cookie_of(sign_in("ada@example.com"))));
    auth.restart_with(with_secret(new_secret));
    EXPECT_TRUE(is_signed_in(ada));
    EXPECT_TRUE(is_signed_in(with_cookie_of(sign_in("ada@example.com"))));
    EXPECT_EQ(auth.published<contracts::KeyAdded>().size(), 1U) << "it is the same key";
    EXPECT_THROW(auth.restart_with(with_secret(old_secret)), std::runtime_error);
    auth.restart_with(with_secret(new_secret));
}

// A replica that has not been restarted yet creates the next key, after the first restarted one looked.
TEST_F(Keys, of_a_replica_with_the_previous_secret_are_encrypted_anew_later) {
    auth.restart_with(with_secret(new_secret, old_secret));
    runtime::SystemRandom random;
    auto late = KeyRing{old_secret}.make(2, auth.clock.now(), auth.clock.now() + 10min, random);
    security::Sessions sessions{auth.clock, false};
    auth.write([&](sql::Tx& tx) { store::add_key(tx, late, sessions); });
    testing::eventually([&] {
        auth.clock.advance(1min);
        auto keys = auth.read([](sql::Tx& tx) { return store::keys(tx); });
        return std::ranges::all_of(keys, [](const auto& key) {
            return security::unseal(key.sealed_key, key.id, new_secret).has_value();
        });
    });
    EXPECT_EQ(auth.number("SELECT count(*) FROM key_pairs WHERE retired = 0"), 2);
}

// Two replicas encrypt the same keys at the same time, and one of them is retired meanwhile.
TEST_F(Keys, encrypted_anew_by_two_replicas_stay_readable_and_retired_ones_empty) {
    auto before = auth.read([](sql::Tx& tx) { return store::keys(tx); }).at(0);
    runtime::SystemRandom random;
    KeyRing ring{new_secret, old_secret};
    auto sealed_anew = [&] { return ring.sealed_anew(before.sealed_key, before.id, random).value(); };
    auto one = sealed_anew(), two = sealed_anew();
    auth.write([&](sql::Tx& tx) { store::store_sealed_anew(tx, before, one); });
    auth.write([&](sql::Tx& tx) { store::store_sealed_anew(tx, before, two); });
    auto after = auth.read([](sql::Tx& tx) { return store::keys(tx); }).at(0);
    EXPECT_EQ(after.sealed_key, one);
    EXPECT_EQ(ring.sealed_anew(after.sealed_key, after.id, random), std::nullopt);
    auth.write([&](sql::Tx& tx) { tx.execute("UPDATE key_pairs SET retired = 1, sealed_key = ''"); });
    auth.write([&](sql::Tx& tx) { store::store_sealed_anew(tx, after, two); });
    EXPECT_EQ(auth.number("SELECT count(*) FROM key_pairs WHERE sealed_key = ''"), 1);
}

TEST_F(Keys, are_not_used_if_neither_secret_opens_them) {
    EXPECT_THROW(auth.restart_with(with_secret("a wrong one, of good length", "another wrong one")),
                 std::runtime_error);
    auth.restart_with(test_settings());
}

// The key of the device cookies belongs to no operator, and outlives JWT_KEY_SECRET.
TEST_F(Keys, of_device_cookies_are_their_own_and_are_kept_when_the_secret_is_replaced) {
    auto cookie = device_from(sign_up("ada@example.com"));
    auto proof = cookie.substr(cookie.find('.') + 1);
    auto id = cookie.substr(7, cookie.find('.') - 7);
    auto user = auth.read([](sql::Tx& tx) { return tx.find<std::string>("SELECT id FROM users").value(); });
    EXPECT_NE(proof, security::keyed_hash("device", id + "\n" + user, old_secret));
    auth.restart_with(with_secret(new_secret, old_secret));
    auth.restart_with(with_secret(new_secret));
    EXPECT_EQ(
        device_from(
            auth.nobody().with("Cookie", cookie).post("/api/users/signin", credentials("ada@example.com"))),
        cookie);
}

// ---- a stolen key

struct RetireKey : Keys {
    security::Sessions sessions{auth.clock, false};  // of the command
    runtime::SystemRandom random;

    NewKeys new_keys() {
        KeyRing ring{old_secret};
        auto now = auth.clock.now();
        return {ring.make(0, now, now, random), ring.make_device_key(random)};
    }
    std::vector<std::string> retire(const std::string& id, const NewKeys& next) {
        return auth.write([&](sql::Tx& tx) { return retire_key(tx, id, next, sessions); });
    }
    std::vector<std::string> retire(const std::string& id) { return retire(id, new_keys()); }
    std::string kid(const Response& response) {
        auto cookie = cookie_from(response);
        return security::key_id_of(std::string_view{cookie}.substr(cookie.find('=') + 1)).value();
    }
    bool soon(const std::function<bool()>& condition) {
        return fleet::becomes_true([&] { return auth.clock.advance(1s), condition(); }, 10s);
    }
};

TEST_F(RetireKey, signs_everybody_out_and_signs_with_another_key_at_once) {
    auto response = sign_up("ada@example.com");
    auto ada = with_cookie_of(response);
    auto stolen = kid(response);
    auto next = new_keys();
    EXPECT_EQ(retire(stolen, next), std::vector{stolen});
    auto begin = auth.clock.now();
    EXPECT_TRUE(soon([&] { return !is_signed_in(ada); }));
    EXPECT_TRUE(soon([&] { return kid(sign_in("ada@example.com")) == next.signing.id; }));
    EXPECT_LT(auth.clock.now() - begin, 10s);
    EXPECT_TRUE(is_signed_in(with_cookie_of(sign_in("ada@example.com"))));
    auto added = auth.published<contracts::KeyAdded>();
    ASSERT_EQ(added.size(), 2U);
    EXPECT_EQ(added[1].id, next.signing.id);
    auto retired = auth.published<contracts::KeyRetired>();
    ASSERT_EQ(retired.size(), 1U);
    EXPECT_EQ(retired[0].id, stolen);
    EXPECT_EQ(published_keys(), 1U);
    EXPECT_EQ(auth.number("SELECT count(*) FROM key_pairs WHERE id = $1 AND sealed_key = ''", stolen), 1);
}

TEST_F(RetireKey, makes_known_browsers_unknown) {
    auto response = sign_up("ada@example.com");
    auto device = device_from(response);
    EXPECT_EQ(retire(kid(response)).size(), 1U);
    EXPECT_TRUE(soon([&] {
        return device_from(auth.nobody()
                               .with("Cookie", device)
                               .post("/api/users/signin", credentials("ada@example.com"))) != device;
    }));
}

TEST_F(RetireKey, does_nothing_to_unknown_or_retired_keys) {
    auto first = kid(sign_up("ada@example.com"));
    EXPECT_TRUE(retire("unknown").empty());
    EXPECT_TRUE(retire("").empty());
    EXPECT_EQ(auth.published<contracts::KeyAdded>().size(), 1U);
    EXPECT_EQ(retire(first).size(), 1U);
    EXPECT_TRUE(retire(first).empty());
    EXPECT_EQ(auth.published<contracts::KeyAdded>().size(), 2U);
}

TEST_F(RetireKey, withdraws_all_with_the_next_one_and_rotation_goes_on) {
    auth.clock.advance(std::chrono::days{30});
    run_until(2, 0);
    EXPECT_EQ(retire("all").size(), 2U);
    EXPECT_EQ(published_keys(), 1U);
    EXPECT_TRUE(soon([&] { return is_signed_in(with_cookie_of(sign_up("ada@example.com"))); }));
    auth.clock.advance(std::chrono::days{30});
    run_until(4, 2);
    auth.clock.advance(25h);
    run_until(4, 3);
}

// Retiring a key that was published and signs nothing yet must not take its number for good.
TEST_F(RetireKey, of_one_that_is_not_active_yet_leaves_rotation_working) {
    auth.clock.advance(std::chrono::days{30} - 5min);
    run_until(2, 0);
    auto next = auth.published<contracts::KeyAdded>()[1];
    EXPECT_GT(next.active_at, auth.clock.now());
    EXPECT_EQ(retire(next.id).size(), 1U);
    auth.clock.advance(std::chrono::days{30});
    run_until(4, 2);
}

TEST_F(RetireKey, survives_a_crash_before_anybody_loaded_the_new_key) {
    auto response = sign_up("ada@example.com");
    auto next = new_keys();
    EXPECT_EQ(retire(kid(response), next).size(), 1U);
    auth.restart();
    EXPECT_FALSE(is_signed_in(with_cookie_of(response)));
    EXPECT_EQ(kid(sign_in("ada@example.com")), next.signing.id);
}

// Two operators, and rotation, at the same time: there is always a key that signs, and numbers differ.
TEST_F(RetireKey, happens_once_however_many_try_at_once) {
    auto first = kid(sign_up("ada@example.com"));
    constexpr int operators = 4;
    std::vector<NewKeys> next;
    for (int i = 0; i <= operators; ++i) next.push_back(new_keys());
    next.back().signing.number = 2;  // of rotation
    std::atomic<int> successful = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < operators; ++i)
            threads.emplace_back([&, i] {
                successful += static_cast<int>(retire(first, next[static_cast<std::size_t>(i)]).size());
            });
        threads.emplace_back(
            [&] { auth.write([&](sql::Tx& tx) { store::add_key(tx, next.back().signing, sessions); }); });
    }
    EXPECT_EQ(successful, 1);
    EXPECT_EQ(auth.published<contracts::KeyRetired>().size(), 1U);
    EXPECT_GE(auth.number("SELECT count(*) FROM key_pairs WHERE retired = 0"), 1);
    EXPECT_TRUE(soon([&] { return is_signed_in(with_cookie_of(sign_in("ada@example.com"))); }));
}

}  // namespace
}  // namespace stagedoor::auth
