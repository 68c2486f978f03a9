#include "common/security/sessions.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "common/security/tests/test_database.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::security {
namespace {

using namespace std::chrono_literals;

contracts::KeyAdded to_event(const SigningKey& key) {
    return {.id = key.id,
            .public_key =
                base64url({reinterpret_cast<const char*>(key.public_key.data()), key.public_key.size()}),
            .active_at = {}};
}

struct SessionsTest : ::testing::Test {
    runtime::ManualClock clock;
    runtime::SeededRandom random{7};
    TestDatabase db{clock, Sessions::migrations()};
    Sessions sessions{clock, false};
    Sessions other_replica{clock, false};
    SigningKey key = new_signing_key(random);

    Claims claims(std::string user = "ada", std::int64_t epoch = 0) const {
        return {.user = UserId{user},
                .email = user + "@example.com",
                .session = SessionId{"session of " + user},
                .epoch = epoch,
                .roles = {},
                .issued_at = clock.now(),
                .expires_at = clock.now() + token_lifetime};
    }
    void add_key() {
        db.write([this](sql::Tx& tx) { sessions.key_added(tx, to_event(key)); });
    }
    void revoke(const Claims& of) {
        db.write([&](sql::Tx& tx) {
            sessions.revoked(tx, {.id = of.session, .user_id = of.user, .expires_at = of.expires_at});
        });
    }
    void raise(const std::string& user, std::int64_t epoch) {
        db.write([&](sql::Tx& tx) {
            sessions.epoch_raised(tx, {.user_id = UserId{user}, .epoch = epoch, .version = epoch});
        });
    }
    void load(Sessions& of) {
        db.read([&](sql::Tx& tx) { of.load(tx); });
    }
};

TEST_F(SessionsTest, reject_all_tokens_without_a_key) {
    EXPECT_FALSE(sessions.ready());
    EXPECT_FALSE(sessions.verify(sign_token(claims(), key)));
    add_key();
    EXPECT_TRUE(sessions.ready());
    ASSERT_TRUE(sessions.verify(sign_token(claims(), key)));
    EXPECT_EQ(sessions.verify(sign_token(claims(), key))->user.text, "ada");
}

TEST_F(SessionsTest, reject_invalid_and_foreign_tokens) {
    add_key();
    EXPECT_FALSE(sessions.verify(""));
    EXPECT_FALSE(sessions.verify("a.b.c"));
    EXPECT_FALSE(sessions.verify(sign_token(claims(), new_signing_key(random))));
    auto token = sign_token(claims(), key);
    ASSERT_TRUE(sessions.verify(token));
    token.back() = token.back() == 'A' ? 'Q' : 'A';
    EXPECT_FALSE(sessions.verify(token));
}

TEST_F(SessionsTest, reject_an_expired_token) {
    add_key();
    auto token = sign_token(claims(), key);
    clock.advance(token_lifetime - 1s);
    EXPECT_TRUE(sessions.verify(token));
    clock.advance(1s);
    EXPECT_FALSE(sessions.verify(token)) << "a cached token";
    clock.advance(-1ms);
    EXPECT_TRUE(sessions.verify(token));
    clock.advance(1ms);
    load(other_replica);
    EXPECT_FALSE(other_replica.verify(token)) << "a token that was not cached";
}

TEST_F(SessionsTest, reject_a_revoked_session_at_once_and_on_other_replicas_after_a_load) {
    add_key();
    load(other_replica);
    auto token = sign_token(claims(), key), another = sign_token(claims("grace"), key);
    ASSERT_TRUE(sessions.verify(token));
    ASSERT_TRUE(other_replica.verify(token));
    revoke(claims());
    revoke(claims());
    EXPECT_FALSE(sessions.verify(token));
    EXPECT_TRUE(sessions.verify(another));
    EXPECT_TRUE(other_replica.verify(token));
    clock.advance(1s);
    load(other_replica);
    EXPECT_FALSE(other_replica.verify(token));
    EXPECT_TRUE(other_replica.verify(another));
}

TEST_F(SessionsTest, reject_within_a_minute_sessions_revoked_by_a_replica_with_a_wrong_clock) {
    add_key();
    load(other_replica);
    auto ada = claims();
    db.write([&](sql::Tx& tx) {
        tx.execute(
            "INSERT INTO revoked_sessions(session_id, user_id, noted_at, expires_at) VALUES ($1, $2, $3, $4)",
            ada.session, ada.user, clock.now() - 2min, ada.expires_at);
    });
    clock.advance(60s);
    load(other_replica);
    EXPECT_FALSE(other_replica.verify(sign_token(ada, key)));
}

TEST_F(SessionsTest, reject_tokens_of_an_older_epoch) {
    add_key();
    auto old_token = sign_token(claims("ada", 1), key), new_token = sign_token(claims("ada", 2), key);
    ASSERT_TRUE(sessions.verify(old_token));
    raise("ada", 2);
    raise("ada", 1);  // a late duplicate
    EXPECT_FALSE(sessions.verify(old_token));
    EXPECT_TRUE(sessions.verify(new_token));
    EXPECT_TRUE(sessions.verify(sign_token(claims("grace"), key)));
    load(other_replica);
    EXPECT_FALSE(other_replica.verify(old_token));
    EXPECT_TRUE(other_replica.verify(new_token));
}

TEST_F(SessionsTest, reject_tokens_of_a_retired_key) {
    add_key();
    auto next = new_signing_key(random);
    db.write([&](sql::Tx& tx) { sessions.key_added(tx, to_event(next)); });
    load(other_replica);
    auto token = sign_token(claims(), key);
    ASSERT_TRUE(sessions.verify(token));
    db.write([&](sql::Tx& tx) { sessions.key_retired(tx, {.id = key.id}); });
    add_key();  // a duplicate event: the key stays retired
    load(sessions);
    EXPECT_FALSE(sessions.verify(token));
    EXPECT_TRUE(sessions.verify(sign_token(claims(), next)));
    load(other_replica);
    EXPECT_FALSE(other_replica.verify(token));
}

TEST_F(SessionsTest, reject_an_invalid_public_key) {
    auto bad = to_event(key);
    bad.public_key.pop_back();
    EXPECT_THROW(db.write([&](sql::Tx& tx) { sessions.key_added(tx, bad); }), std::invalid_argument);
    EXPECT_FALSE(sessions.ready());
}

TEST_F(SessionsTest, are_unchanged_if_the_transaction_fails) {
    add_key();
    auto token = sign_token(claims(), key);
    EXPECT_THROW(db.write([&](sql::Tx& tx) {
        sessions.revoked(
            tx, {.id = claims().session, .user_id = UserId{"ada"}, .expires_at = claims().expires_at});
        throw Conflict("no"_text);
    }),
                 Conflict);
    EXPECT_TRUE(sessions.verify(token));
}

TEST_F(SessionsTest, delete_rows_once_all_tokens_concerned_have_expired) {
    add_key();
    revoke(claims());
    raise("grace", 1);
    auto rows = [this] {
        return db.write([](sql::Tx& tx) {
            Sessions::delete_expired(tx);
            return tx
                .find<std::int64_t>(
                    "SELECT (SELECT count(*) FROM revoked_sessions) + (SELECT count(*) FROM session_epochs)")
                .value();
        });
    };
    clock.advance(token_lifetime - 1ms);
    EXPECT_EQ(rows(), 2);
    clock.advance(1ms);
    EXPECT_EQ(rows(), 1);
    clock.advance(1h);
    EXPECT_EQ(rows(), 0);
}

TEST_F(SessionsTest, verify_again_tokens_beyond_the_cache_limit) {
    add_key();
    Sessions small{clock, false, 3};
    load(small);
    std::vector<std::string> tokens;
    for (int i = 0; i < 10; ++i) tokens.push_back(sign_token(claims("user" + std::to_string(i)), key));
    for (int round = 0; round < 3; ++round) {
        for (const auto& token : tokens) EXPECT_TRUE(small.verify(token));
    }
}

TEST_F(SessionsTest, may_be_used_by_many_threads_while_changing) {
    add_key();
    std::atomic<bool> done = false;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&, i] {
            auto token = sign_token(claims("user" + std::to_string(i)), key);
            while (!done) EXPECT_TRUE(sessions.verify(token));
        });
    }
    for (int i = 0; i < 20; ++i) {
        revoke(claims("other" + std::to_string(i)));
        load(sessions);
    }
    done = true;
}

TEST(SessionCookie, is_http_only_and_same_site) {
    runtime::ManualClock clock;
    Sessions plain{clock, false}, secure{clock, true};
    EXPECT_EQ(plain.cookie("t", 60s), "session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    EXPECT_EQ(secure.cookie("t", 60s), "__Host-session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    EXPECT_EQ(secure.cleared_cookie(), "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
}

}  // namespace
}  // namespace stagedoor::security
