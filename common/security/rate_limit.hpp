// How often something may be tried, counted in the database and so over all copies of a service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/database.hpp"

namespace stagedoor::security {

struct RateLimit {
    std::string_view name;  // "signin by e-mail"
    std::int64_t most = 0;  // within one window
    std::chrono::milliseconds window{};
};

// Counts one try of `who`; throws TooManyRequests, with the time until the window ends, when it is over the
// limit. The count commits with the transaction: call it in one of its own when the try may fail.
void count_try(sql::Tx& tx, const RateLimit& limit, std::string_view who);

// A try that was counted beforehand turned out not to count (a sign-in that succeeded).
void take_back_try(sql::Tx& tx, const RateLimit& limit, std::string_view who);

// All tries of `who` that were counted turned out not to count (a password that was forgotten).
void take_back_tries(sql::Tx& tx, const RateLimit& limit, std::string_view who);

// Drops windows that have ended.
void forget_old_tries(sql::Tx& tx);

[[nodiscard]] std::vector<sql::Migration> rate_limit_migrations();

}  // namespace stagedoor::security
