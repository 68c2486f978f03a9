// Who is signed in where.
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

// Prolongs a session, if it has not ended and its user's epoch is still `epoch`.
[[nodiscard]] bool renew_session(sql::Tx& tx, const SessionId& id, const UserId& user, std::int64_t epoch,
                                 Instant expires_at);

// Ends one of the user's sessions and tells session.revoked; false when it is none, or has ended before.
bool end_session(sql::Tx& tx, const SessionId& id, const UserId& user, security::Sessions& sessions);

// Ends all of them, or all but `but`. Told by the raised epoch, not one by one.
void end_sessions(sql::Tx& tx, const UserId& user);
void end_other_sessions(sql::Tx& tx, const UserId& user, const SessionId& but);

// The user's sessions, newest first, those after `before` if that is not empty.
[[nodiscard]] std::vector<SessionRow> sessions_of(sql::Tx& tx, const UserId& user, const std::string& before,
                                                  std::int64_t limit);

// Drops at most `limit` sessions whose tokens have run out; how many it dropped.
std::int64_t drop_expired_sessions(sql::Tx& tx, std::int64_t limit);

}  // namespace stagedoor::auth::store
