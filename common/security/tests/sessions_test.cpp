#include "common/security/sessions.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "common/security/tests/test_database.hpp"

namespace stagedoor::security {
namespace {

using namespace std::chrono_literals;

contracts::KeyAdded told(const SigningKey& key) {
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
    Sessions other_copy{clock, false};
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
        db.write([this](sql::Tx& tx) { sessions.key_added(tx, told(key)); });
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

TEST_F(SessionsTest, know_nobody_without_a_key) {
    EXPECT_FALSE(sessions.ready());
    EXPECT_FALSE(sessions.verify(sign_token(claims(), key)));
    add_key();
    EXPECT_TRUE(sessions.ready());
    ASSERT_TRUE(sessions.verify(sign_token(claims(), key)));
    EXPECT_EQ(sessions.verify(sign_token(claims(), key))->user.text, "ada");
}

TEST_F(SessionsTest, refuse_what_is_no_token_of_ours) {
    add_key();
    EXPECT_FALSE(sessions.verify(""));
    EXPECT_FALSE(sessions.verify("a.b.c"));
    EXPECT_FALSE(sessions.verify(sign_token(claims(), new_signing_key(random))));
    auto token = sign_token(claims(), key);
    ASSERT_TRUE(sessions.verify(token));
    token.back() = token.back() == 'A' ? 'Q' : 'A';
    EXPECT_FALSE(sessions.verify(token));
}

TEST_F(SessionsTest, refuse_a_token_that_has_run_out) {
    add_key();
    auto token = sign_token(claims(), key);
    clock.advance(token_lifetime - 1s);
    EXPECT_TRUE(sessions.verify(token));
    clock.advance(1s);
    EXPECT_FALSE(sessions.verify(token)) << "one that was known";
    clock.advance(-1ms);
    EXPECT_TRUE(sessions.verify(token));
    clock.advance(1ms);
    load(other_copy);
    EXPECT_FALSE(other_copy.verify(token)) << "one that was not";
}

TEST_F(SessionsTest, refuse_a_revoked_session_at_once_here_and_after_a_load_elsewhere) {
    add_key();
    load(other_copy);
    auto token = sign_token(claims(), key), another = sign_token(claims("grace"), key);
    ASSERT_TRUE(sessions.verify(token));
    ASSERT_TRUE(other_copy.verify(token));
    revoke(claims());
    revoke(claims());
    EXPECT_FALSE(sessions.verify(token));
    EXPECT_TRUE(sessions.verify(another));
    EXPECT_TRUE(other_copy.verify(token));
    clock.advance(1s);
    load(other_copy);
    EXPECT_FALSE(other_copy.verify(token));
    EXPECT_TRUE(other_copy.verify(another));
}

TEST_F(SessionsTest, refuse_within_a_minute_what_a_copy_with_a_wrong_clock_has_noted) {
    add_key();
    load(other_copy);
    auto ada = claims();
    db.write([&](sql::Tx& tx) {
        tx.execute(
            "INSERT INTO revoked_sessions(session_id, user_id, noted_at, expires_at) VALUES ($1, $2, $3, $4)",
            ada.session, ada.user, clock.now() - 2min, ada.expires_at);
    });
    clock.advance(60s);
    load(other_copy);
    EXPECT_FALSE(other_copy.verify(sign_token(ada, key)));
}

TEST_F(SessionsTest, refuse_older_epochs_than_the_one_that_was_raised) {
    add_key();
    auto old_token = sign_token(claims("ada", 1), key), new_token = sign_token(claims("ada", 2), key);
    ASSERT_TRUE(sessions.verify(old_token));
    raise("ada", 2);
    raise("ada", 1);  // told again, late
    EXPECT_FALSE(sessions.verify(old_token));
    EXPECT_TRUE(sessions.verify(new_token));
    EXPECT_TRUE(sessions.verify(sign_token(claims("grace"), key)));
    load(other_copy);
    EXPECT_FALSE(other_copy.verify(old_token));
    EXPECT_TRUE(other_copy.verify(new_token));
}

TEST_F(SessionsTest, refuse_the_tokens_of_a_retired_key) {
    add_key();
    auto next = new_signing_key(random);
    db.write([&](sql::Tx& tx) { sessions.key_added(tx, told(next)); });
    load(other_copy);
    auto token = sign_token(claims(), key);
    ASSERT_TRUE(sessions.verify(token));
    db.write([&](sql::Tx& tx) { sessions.key_retired(tx, {.id = key.id}); });
    add_key();  // told again: it stays retired
    load(sessions);
    EXPECT_FALSE(sessions.verify(token));
    EXPECT_TRUE(sessions.verify(sign_token(claims(), next)));
    load(other_copy);
    EXPECT_FALSE(other_copy.verify(token));
}

TEST_F(SessionsTest, refuse_a_public_key_that_is_none) {
    auto bad = told(key);
    bad.public_key.pop_back();
    EXPECT_THROW(db.write([&](sql::Tx& tx) { sessions.key_added(tx, bad); }), std::invalid_argument);
    EXPECT_FALSE(sessions.ready());
}

TEST_F(SessionsTest, change_nothing_when_the_transaction_fails) {
    add_key();
    auto token = sign_token(claims(), key);
    EXPECT_THROW(db.write([&](sql::Tx& tx) {
        sessions.revoked(
            tx, {.id = claims().session, .user_id = UserId{"ada"}, .expires_at = claims().expires_at});
        throw Conflict("no");
    }),
                 Conflict);
    EXPECT_TRUE(sessions.verify(token));
}

TEST_F(SessionsTest, forget_what_no_living_token_can_need) {
    add_key();
    revoke(claims());
    raise("grace", 1);
    auto rows = [this] {
        return db.write([](sql::Tx& tx) {
            Sessions::forget_expired(tx);
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

TEST_F(SessionsTest, remember_few_tokens_and_check_the_others_again) {
    add_key();
    Sessions small{clock, false, 3};
    load(small);
    std::vector<std::string> tokens;
    for (int i = 0; i < 10; ++i) tokens.push_back(sign_token(claims("user" + std::to_string(i)), key));
    for (int round = 0; round < 3; ++round) {
        for (const auto& token : tokens) EXPECT_TRUE(small.verify(token));
    }
}

TEST_F(SessionsTest, may_be_asked_by_many_while_they_change) {
    add_key();
    std::atomic<bool> done = false;
    std::vector<std::jthread> askers;
    for (int i = 0; i < 3; ++i) {
        askers.emplace_back([&, i] {
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

TEST(SessionCookie, is_out_of_reach_of_scripts_and_other_sites) {
    runtime::ManualClock clock;
    Sessions plain{clock, false}, secure{clock, true};
    EXPECT_EQ(plain.cookie("t", 60s), "session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    EXPECT_EQ(secure.cookie("t", 60s),
              "__Host-session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
    EXPECT_EQ(secure.cleared_cookie(), "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

}  // namespace
}  // namespace stagedoor::security
