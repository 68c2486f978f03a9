// The sessions of users.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/security/sessions.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::auth::store {

struct SessionRow {
    SessionId id;
    Instant created_at, last_seen_at;
    std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id, created_at, last_seen_at, user_agent))

void add_session(sql::Tx& tx, const SessionId& id, const UserId& user, std::string_view user_agent,
                 Instant expires_at);

// Extends a session to `expires_at`, but not beyond `lifetime` after it began, and returns until when;
// nullopt if it has ended or the user's epoch is no longer `epoch`.
[[nodiscard]] std::optional<Instant> renew_session(sql::Tx& tx, const SessionId& id, const UserId& user,
                                                   std::int64_t epoch, Instant expires_at,
                                                   std::chrono::milliseconds lifetime);

// Ends one of the user's sessions and publishes session.revoked; false if unknown, expired or already ended.
bool end_session(sql::Tx& tx, const SessionId& id, const UserId& user, security::Sessions& sessions);

// End all sessions of the user, or all except one. Other services reject them by the raised epoch, so there
// is no session.revoked for each.
void end_sessions(sql::Tx& tx, const UserId& user);
void end_other_sessions(sql::Tx& tx, const UserId& user, const SessionId& except);

// A page of the user's active sessions, newest first; if `before` is not empty, only older ones than that.
[[nodiscard]] std::vector<SessionRow> sessions_of(sql::Tx& tx, const UserId& user, const std::string& before,
                                                  std::int64_t limit);

// Deletes at most `limit` sessions whose tokens have expired and returns how many it deleted.
std::int64_t drop_expired_sessions(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::auth::store
