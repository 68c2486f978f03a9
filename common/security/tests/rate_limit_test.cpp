#include "common/security/rate_limit.hpp"

#include <gtest/gtest.h>

#include "common/security/tests/test_database.hpp"

namespace stagedoor::security {
namespace {

using namespace std::chrono_literals;

constexpr RateLimit three_a_minute{.name = "try", .max_attempts = 3, .window = 60s};

struct RateLimits : ::testing::Test {
    runtime::ManualClock clock;
    TestDatabase db{clock, rate_limit_migrations()};

    void count(std::string_view key, const RateLimit& limit = three_a_minute) {
        db.write([&](sql::Tx& tx) { count_attempt(tx, limit, key); });
    }
};

TEST_F(RateLimits, reject_attempts_above_the_limit_and_say_for_how_long) {
    for (int i = 0; i < 3; ++i) count("ada");
    clock.advance(20s);
    try {
        count("ada");
        FAIL() << "the fourth attempt was allowed";
    } catch (const TooManyRequests& error) {
        EXPECT_EQ(error.retry_after, 40s);
    }
}

TEST_F(RateLimits, start_again_when_the_window_has_ended) {
    for (int i = 0; i < 3; ++i) count("ada");
    clock.advance(59'999ms);
    EXPECT_THROW(count("ada"), TooManyRequests);
    clock.advance(1ms);
    for (int i = 0; i < 3; ++i) count("ada");
    EXPECT_THROW(count("ada"), TooManyRequests);
}

TEST_F(RateLimits, are_counted_per_name_and_key) {
    for (int i = 0; i < 3; ++i) count("ada");
    EXPECT_NO_THROW(count("grace"));
    EXPECT_NO_THROW(count("ada", {.name = "another", .max_attempts = 1, .window = 60s}));
}

TEST_F(RateLimits, do_not_count_an_attempt_that_was_uncounted) {
    for (int i = 0; i < 10; ++i) {
        count("ada");
        db.write([](sql::Tx& tx) { uncount_attempt(tx, three_a_minute, "ada"); });
    }
    EXPECT_NO_THROW(db.write([](sql::Tx& tx) { uncount_attempt(tx, three_a_minute, "nobody"); }));
}

TEST_F(RateLimits, reset_all_attempts_of_one_key) {
    constexpr RateLimit another{.name = "another", .max_attempts = 1, .window = 60s};
    for (int i = 0; i < 3; ++i) count("ada");
    for (int i = 0; i < 3; ++i) count("grace");
    count("ada", another);
    db.write([](sql::Tx& tx) { reset_attempts(tx, three_a_minute, "ada"); });
    for (int i = 0; i < 3; ++i) EXPECT_NO_THROW(count("ada"));
    EXPECT_THROW(count("ada"), TooManyRequests);
    EXPECT_THROW(count("grace"), TooManyRequests);
    EXPECT_THROW(count("ada", another), TooManyRequests);
}

TEST_F(RateLimits, delete_windows_that_have_ended) {
    auto rows = [this] {
        return db.read([](sql::Tx& tx) { return tx.find<std::int64_t>("SELECT count(*) FROM rate_limits"); });
    };
    count("ada");
    clock.advance(30s);
    count("grace");
    clock.advance(30s);
    db.write([](sql::Tx& tx) { delete_ended_windows(tx); });
    EXPECT_EQ(rows(), 1);
}

}  // namespace
}  // namespace stagedoor::security
