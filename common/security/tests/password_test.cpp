#include "common/security/password.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <fstream>

#include "common/errors.hpp"
#include "common/security/tests/loop.hpp"

namespace stagedoor::security {
namespace {

std::int64_t resident_kib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
    }
    return 0;
}

struct PasswordsTest : ::testing::Test {
    Loop loop;  // first, since the threads post to it until they end
    std::unique_ptr<Passwords> passwords = make_passwords();

    std::string hash(std::string password) { return loop.result_of(passwords->hash(std::move(password))); }
    bool matches(std::string password, std::string against) {
        return loop.result_of(passwords->matches(std::move(password), std::move(against)));
    }
};

TEST_F(PasswordsTest, match_only_their_own_hash) {
    auto hashed = hash("correct horse");
    EXPECT_TRUE(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hashed;
    EXPECT_TRUE(matches("correct horse", hashed));
    EXPECT_FALSE(matches("Correct horse", hashed));
    EXPECT_FALSE(matches("", hashed));
    EXPECT_FALSE(matches("correct horse", "not a hash"));
    EXPECT_NE(hash("correct horse"), hashed) << "the salt is new each time";
}

TEST_F(PasswordsTest, may_contain_any_bytes) {
    std::string password{"nul\0inside \xC3\xA9 and more", 23};
    auto hashed = hash(password);
    EXPECT_TRUE(matches(password, hashed));
    EXPECT_FALSE(matches("nul", hashed));
}

TEST_F(PasswordsTest, take_the_same_time_for_unknown_users) {
    auto hashed = hash("correct horse");
    auto time = [&](const std::string& against) {
        auto started_at = std::chrono::steady_clock::now();
        EXPECT_FALSE(matches("wrong horse", against));
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started_at)
            .count();
    };
    auto known = 1e9, unknown = 1e9;  // the fastest of several alternating runs, since other load slows both
    for (int i = 0; i < 7; ++i) {
        known = std::min(known, time(hashed));
        unknown = std::min(unknown, time(""));
    }
    EXPECT_GT(unknown, known * 0.5);
    EXPECT_LT(unknown, known * 2.0);
}

TEST_F(PasswordsTest, are_rejected_when_too_many_are_waiting) {
    passwords = make_passwords(1, 2);
    int rejected = 0, done = 0;
    for (int i = 0; i < 10; ++i) {
        boost::asio::co_spawn(loop.context, passwords->hash("correct horse"),
                              [&](const std::exception_ptr& failure, const std::string&) {
                                  if (!failure) return void(++done);
                                  EXPECT_THROW(std::rethrow_exception(failure), Unavailable);
                                  ++rejected;
                              });
    }
    loop.context.run();
    EXPECT_GE(done, 2);
    EXPECT_LE(done, 5);
    EXPECT_EQ(done + rejected, 10);
}

TEST_F(PasswordsTest, keep_no_memory) {
    (void)hash("warm up");
    auto before = resident_kib();
    for (int i = 0; i < 5; ++i) (void)hash("correct horse");
    EXPECT_LT(resident_kib() - before, 4096);
}

TEST_F(PasswordsTest, can_be_destroyed_with_waiting_work) {
    for (int i = 0; i < 3; ++i)
        boost::asio::co_spawn(loop.context, passwords->hash("correct horse"), boost::asio::detached);
    loop.context.poll();
    passwords.reset();
}

TEST_F(PasswordsTest, drop_waiting_calls_at_close_and_reject_later_ones) {
    auto witness = std::make_shared<int>();
    for (int i = 0; i < 10; ++i) {
        boost::asio::co_spawn(loop.context, passwords->hash("correct horse"),
                              [witness](const std::exception_ptr&, const std::string&) {});
    }
    loop.context.poll();
    passwords->close();
    passwords->close();  // a second call does nothing
    EXPECT_THROW((void)hash("correct horse"), Unavailable);
    EXPECT_THROW((void)matches("correct horse", ""), Unavailable);
    loop.context.restart();
    loop.context.poll();
    EXPECT_EQ(witness.use_count(), 1) << "a coroutine is still waiting";
}

TEST_F(PasswordsTest, know_a_hash_that_was_made_with_weaker_parameters) {
    EXPECT_FALSE(is_outdated(hash("correct horse")));
    EXPECT_TRUE(
        is_outdated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"
                    "Kx1sZmHZKVuAEyEIQTGGqdXBAyk4Wz1g2SkSW1v4tt8"));
}

TEST(EasyToGuess, are_common_passwords_and_simple_patterns) {
    for (const auto* weak : {"password1", "PASSWORD1", "password123", "qwerty123", "welcome1", "aaaaaaaa",
                             "abcabcabc", "abcd1234", "1qaz2wsx", "zxcvbnm,", "P@ssw0rd!", "p4ssw0rd99",
                             "summer2024", "19.04.1987", "letmein!!", "liverpool1", "12345678"}) {
        EXPECT_TRUE(is_easy_to_guess(weak, {})) << weak;
    }
    EXPECT_TRUE(is_easy_to_guess(std::string(128, 'a'), {}));
    for (const auto* good : {"correct horse", "tiara-9-lemon", "seven green umbrellas", "Xk8#bT2p",
                             "the show must go on", "\u043f\u0440\u043e\u0431\u043a\u0430 7"}) {
        EXPECT_FALSE(is_easy_to_guess(good, {})) << good;
    }
}

TEST(EasyToGuess, are_words_that_an_attacker_knows) {
    const std::vector<std::string> context{"stagedoor", "kowalczyk", "kowalczyk@firma.example"};
    for (const auto* weak : {"Stagedoor2026", "st4gedoor", "kowalczyk", "Kowalczyk1",
                             "kowalczyk@firma.example", "stagedoorstagedoor"}) {
        EXPECT_TRUE(is_easy_to_guess(weak, context)) << weak;
    }
    EXPECT_FALSE(is_easy_to_guess("seven green umbrellas", context));
}

}  // namespace
}  // namespace stagedoor::security
