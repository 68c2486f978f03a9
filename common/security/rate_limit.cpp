#include "common/security/rate_limit.hpp"

#include <algorithm>

#include "common/sql/tx.hpp"

namespace stagedoor::security {
namespace {

struct Window {
    std::int64_t tries = 0;
    Instant ends_at;
};
BOOST_DESCRIBE_STRUCT(Window, (), (tries, ends_at))

}  // namespace

Message with_wait(Message message, std::chrono::milliseconds wait) {
    auto in = [&](const char* unit, std::int64_t count) {
        return std::move(message).with("unit", std::string{unit}).with("count", count);
    };
    if (wait <= std::chrono::minutes{1})
        return in("seconds",
                  std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
    if (wait <= std::chrono::hours{2})
        return in("minutes", std::chrono::ceil<std::chrono::minutes>(wait).count());
    return in("hours", std::chrono::ceil<std::chrono::hours>(wait).count());
}

void count_attempt(sql::Tx& tx, const RateLimit& limit, std::string_view key) {
    // A window begins with its first attempt. Its end is in the row, so that replicas with different clocks
    // agree on it.
    auto window = tx.find<Window>(R"(
        INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (name, who) DO UPDATE SET
            tries   = CASE WHEN rate_limits.ends_at <= $4 THEN 1 ELSE rate_limits.tries + 1 END,
            ends_at = CASE WHEN rate_limits.ends_at <= $4 THEN excluded.ends_at ELSE rate_limits.ends_at END
        RETURNING tries, ends_at)",
                                  limit.name, key, tx.now() + limit.window, tx.now());
    if (window && window->tries > limit.max_attempts) {
        auto left = window->ends_at - tx.now();
        throw RateLimitReached(limit,
                               with_wait("Too many attempts. Try again in {unit, select, "
                                         "seconds {{count, plural, one {# second} other {# seconds}}} "
                                         "minutes {{count, plural, one {# minute} other {# minutes}}} "
                                         "other {{count, plural, one {# hour} other {# hours}}}}"_text,
                                         left),
                               left);
    }
}

void uncount_attempt(sql::Tx& tx, const RateLimit& limit, std::string_view key) {
    tx.send("UPDATE rate_limits SET tries = tries - 1 WHERE name = $1 AND who = $2 AND tries > 0", limit.name,
            key);
}

void reset_attempts(sql::Tx& tx, const RateLimit& limit, std::string_view key) {
    tx.send("DELETE FROM rate_limits WHERE name = $1 AND who = $2", limit.name, key);
}

void delete_ended_windows(sql::Tx& tx) { tx.send("DELETE FROM rate_limits WHERE ends_at <= $1", tx.now()); }

std::vector<sql::Migration> rate_limit_migrations() {
    return {{"rate_limits", 1, R"(
        CREATE TABLE rate_limits (
            name    TEXT NOT NULL,
            who     TEXT NOT NULL,
            tries   BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            PRIMARY KEY (name, who)
        );
        CREATE INDEX rate_limits_by_end ON rate_limits(ends_at);)"}};
}

}  // namespace stagedoor::security
