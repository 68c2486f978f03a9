// Sessions and their cookies, each with a signed token.
#pragma once

#include "common/http/message.hpp"
#include "services/auth/app.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {

// Set-Cookie headers with a new token for the session, valid until `expires_at`, and Cache-Control to keep it
// out of caches.
[[nodiscard]] http::Headers session_cookie(const App& app, const store::Identity& user,
                                           const SessionId& session, Instant expires_at);

// Makes a session last until tokens issued now expire, but not beyond the lifetime of sessions, and returns
// until when; nullopt if it has ended or the user's epoch is another one.
[[nodiscard]] std::optional<Instant> renew(sql::Tx& tx, const App& app, const SessionId& session,
                                           const store::Identity& user);

// Makes every service reject the user's tokens from before `user.epoch`, which was just raised.
void reject_older_tokens(sql::Tx& tx, security::Sessions& sessions, const store::Identity& user);

// The User-Agent header, safe to store and display: at most 200 printable ASCII characters, others as '?'.
[[nodiscard]] std::string user_agent(const http::Request& request);

// Writes what the sender of `request` did to the security log. `user`: whom it concerns, if known.
void log_event(const App& app, security::SecurityEvent event, const http::Request& request,
               std::string_view user, std::string_view reason = {});

}  // namespace stagedoor::auth
