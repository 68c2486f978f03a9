// Rate limits per action, counted in the database and so across all replicas of a service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/security/security_log.hpp"
#include "common/sql/migration.hpp"

namespace stagedoor::sql {
class Tx;
}

namespace stagedoor::security {

struct RateLimit {
    std::string_view name;          // "sign-up by network"
    std::int64_t max_attempts = 0;  // per window
    std::chrono::milliseconds window{};
    SecurityEvent logged_as = SecurityEvent::rate_limited;  // when it refuses somebody
};

// A limit was reached. The response has the limit in its RateLimit headers, and the security log its name.
struct RateLimitReached : TooManyRequests {
    RateLimitReached(const RateLimit& reached, Message message, std::chrono::milliseconds wait)
        : TooManyRequests(std::move(message), wait), limit(reached) {}
    RateLimit limit;
};

// Counts one attempt by `key` (an email, an IP address, a user); throws RateLimitReached with the time until
// the window ends if that exceeds the limit. The count commits with the transaction: use a separate one if
// the action may fail.
void count_attempt(sql::Tx& tx, const RateLimit& limit, std::string_view key);

// Adds the arguments `unit` and `count` to a message: 45 seconds, 12 minutes, 24 hours.
[[nodiscard]] Message with_wait(Message message, std::chrono::milliseconds wait);

// Takes back one counted attempt (as after a successful sign-in).
void uncount_attempt(sql::Tx& tx, const RateLimit& limit, std::string_view key);

// Takes back all counted attempts of `key` (as after a password reset).
void reset_attempts(sql::Tx& tx, const RateLimit& limit, std::string_view key);

// Deletes windows that have ended.
void delete_ended_windows(sql::Tx& tx);

[[nodiscard]] std::vector<sql::Migration> rate_limit_migrations();

}  // namespace stagedoor::security
