#include "services/auth/store/sessions.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor::auth::store {

void add_session(sql::Tx& tx, const SessionId& id, const UserId& user, std::string_view user_agent,
                 Instant expires_at) {
    tx.send(R"(
        INSERT INTO sessions(id, user_id, user_agent, created_at, last_seen_at, expires_at, ended)
        VALUES ($1, $2, $3, $4, $4, $5, 0))",
            id, user, user_agent, tx.now(), expires_at);
}

std::optional<Instant> renew_session(sql::Tx& tx, const SessionId& id, const UserId& user, std::int64_t epoch,
                                     Instant expires_at, std::chrono::milliseconds lifetime) {
    // Compared with a time of ours, since adding to a parameter leaves its type open.
    return tx.find<Instant>(R"(
        UPDATE sessions
           SET last_seen_at = $4,
               expires_at = CASE WHEN created_at < $6 THEN created_at + ($5 - $6) ELSE $5 END
         WHERE id = $1 AND user_id = $2 AND ended = 0 AND created_at > $7
           AND EXISTS (SELECT 1 FROM users WHERE users.id = $2 AND users.epoch = $3)
        RETURNING expires_at)",
                            id, user, epoch, tx.now(), expires_at, expires_at - lifetime,
                            tx.now() - lifetime);
}

bool end_session(sql::Tx& tx, const SessionId& id, const UserId& user, security::Sessions& sessions) {
    auto expires_at = tx.find<Instant>(R"(
        UPDATE sessions SET ended = 1 WHERE id = $1 AND user_id = $2 AND ended = 0 AND expires_at > $3
        RETURNING expires_at)",
                                       id, user, tx.now());
    if (!expires_at) return false;
    contracts::SessionRevoked event{.id = id, .user_id = user, .expires_at = *expires_at};
    sessions.revoked(tx, event);
    outbox::publish(tx, event);
    return true;
}

void end_sessions(sql::Tx& tx, const UserId& user) {
    tx.send("UPDATE sessions SET ended = 1 WHERE user_id = $1 AND ended = 0", user);
}

void end_other_sessions(sql::Tx& tx, const UserId& user, const SessionId& except) {
    tx.send("UPDATE sessions SET ended = 1 WHERE user_id = $1 AND id <> $2 AND ended = 0", user, except);
}

std::vector<SessionRow> sessions_of(sql::Tx& tx, const UserId& user, const std::string& before,
                                    std::int64_t limit) {
    return tx.query<SessionRow>(R"(
        SELECT id, created_at, last_seen_at, user_agent FROM sessions
         WHERE user_id = $1 AND ended = 0 AND expires_at > $2 AND ($3 = '' OR id < $3)
         ORDER BY id DESC LIMIT $4)",
                                user, tx.now(), before, limit);
}

std::int64_t drop_expired_sessions(sql::Tx& tx, std::int64_t limit) {
    return tx
        .execute(
            "WITH old AS MATERIALIZED (SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY id "
            "LIMIT $2 FOR UPDATE SKIP LOCKED) DELETE FROM sessions WHERE id IN (SELECT id FROM old)",
            tx.now(), limit)
        .rows;
}

}  // namespace stagedoor::auth::store
