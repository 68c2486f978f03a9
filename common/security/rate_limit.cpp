#include "common/security/rate_limit.hpp"

#include "common/errors.hpp"

namespace stagedoor::security {
namespace {

struct Window {
    std::int64_t tries = 0;
    Instant ends_at;
};
BOOST_DESCRIBE_STRUCT(Window, (), (tries, ends_at))

}  // namespace

void count_try(sql::Tx& tx, const RateLimit& limit, std::string_view who) {
    // A window begins with its first try. Copies whose clocks differ agree on its end: it is in the row.
    auto window = tx.find<Window>(R"(
        INSERT INTO rate_limits(name, who, tries, ends_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (name, who) DO UPDATE SET
            tries   = CASE WHEN rate_limits.ends_at <= $4 THEN 1 ELSE rate_limits.tries + 1 END,
            ends_at = CASE WHEN rate_limits.ends_at <= $4 THEN excluded.ends_at ELSE rate_limits.ends_at END
        RETURNING tries, ends_at)",
                                  limit.name, who, tx.now() + limit.window, tx.now());
    if (window && window->tries > limit.most) {
        throw TooManyRequests("Too many tries; wait a while", window->ends_at - tx.now());
    }
}

void take_back_try(sql::Tx& tx, const RateLimit& limit, std::string_view who) {
    tx.send("UPDATE rate_limits SET tries = tries - 1 WHERE name = $1 AND who = $2 AND tries > 0", limit.name,
            who);
}

void take_back_tries(sql::Tx& tx, const RateLimit& limit, std::string_view who) {
    tx.send("DELETE FROM rate_limits WHERE name = $1 AND who = $2", limit.name, who);
}

void forget_old_tries(sql::Tx& tx) { tx.send("DELETE FROM rate_limits WHERE ends_at <= $1", tx.now()); }

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
