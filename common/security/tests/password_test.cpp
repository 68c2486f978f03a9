#include "common/security/password.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <fstream>
#include <sstream>

#include "common/runtime/error.hpp"

namespace stagedoor::security {
namespace {

template <class T>
T result_of(Task<T> task) {
    boost::asio::io_context context;
    auto future = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
    context.run();
    return future.get();
}

std::int64_t resident_kib() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
    }
    return 0;
}

TEST(Passwords, match_their_hash_and_no_other) {
    auto passwords = make_passwords();
    auto hash = result_of(passwords->hash("correct horse"));
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
    EXPECT_TRUE(result_of(passwords->matches("correct horse", hash)));
    EXPECT_FALSE(result_of(passwords->matches("Correct horse", hash)));
    EXPECT_FALSE(result_of(passwords->matches("", hash)));
    EXPECT_FALSE(result_of(passwords->matches("correct horse", "not a hash")));
    EXPECT_NE(result_of(passwords->hash("correct horse")), hash) << "the salt is new each time";
}

TEST(Passwords, may_hold_any_bytes) {
    auto passwords = make_passwords();
    std::string password{"nul\0inside \xC3\xA9 and more", 23};
    auto hash = result_of(passwords->hash(password));
    EXPECT_TRUE(result_of(passwords->matches(password, hash)));
    EXPECT_FALSE(result_of(passwords->matches("nul", hash)));
}

TEST(Passwords, take_the_same_time_for_an_unknown_user) {
    auto passwords = make_passwords();
    auto hash = result_of(passwords->hash("correct horse"));
    auto fastest = [&](const std::string& against) {
        auto best = std::chrono::nanoseconds::max();
        for (int i = 0; i < 5; ++i) {
            auto begun = std::chrono::steady_clock::now();
            EXPECT_FALSE(result_of(passwords->matches("wrong horse", against)));
            best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begun);
        }
        return std::chrono::duration<double, std::milli>(best).count();
    };
    auto known = fastest(hash), unknown = fastest("");
    EXPECT_GT(unknown, known * 0.5);
    EXPECT_LT(unknown, known * 2.0);
}

TEST(Passwords, are_refused_when_too_many_wait) {
    auto passwords = make_passwords(1, 2);
    boost::asio::io_context context;
    int refused = 0, hashed = 0;
    for (int i = 0; i < 10; ++i) {
        boost::asio::co_spawn(context, passwords->hash("correct horse"),
                              [&](const std::exception_ptr& failure, const std::string&) {
                                  if (!failure) return void(++hashed);
                                  EXPECT_THROW(std::rethrow_exception(failure), Unavailable);
                                  ++refused;
                              });
    }
    context.run();
    EXPECT_GE(hashed, 2);
    EXPECT_LE(hashed, 5);
    EXPECT_EQ(hashed + refused, 10);
}

TEST(Passwords, leave_no_memory_behind) {
    auto passwords = make_passwords();
    (void)result_of(passwords->hash("warm up"));
    auto before = resident_kib();
    for (int i = 0; i < 5; ++i) (void)result_of(passwords->hash("correct horse"));
    EXPECT_LT(resident_kib() - before, 4096);
}

TEST(Passwords, end_with_work_still_waiting) {
    boost::asio::io_context context;
    auto passwords = make_passwords();
    for (int i = 0; i < 3; ++i)
        boost::asio::co_spawn(context, passwords->hash("correct horse"), boost::asio::detached);
    context.poll();
    passwords.reset();
}

TEST(CommonPasswords, are_known_whatever_their_case) {
    for (const auto* common : {"password1", "PASSWORD1", "PassWord1", "12345678", "1234567890", "computer"}) {
        EXPECT_TRUE(is_common_password(common)) << common;
    }
    for (const auto* good :
         {"correct horse", "", "password1 ", " password1", "#!comment:", "tiara-9-lemon"}) {
        EXPECT_FALSE(is_common_password(good)) << good;
    }
}

}  // namespace
}  // namespace stagedoor::security
