// Session cookies: a signed token in a Set-Cookie header.
#pragma once

#include "common/http/message.hpp"
#include "services/auth/app.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {

// A Set-Cookie header with a new token for the session, and Cache-Control to keep it out of caches.
[[nodiscard]] http::Headers session_cookie(const App& app, const store::Identity& user,
                                           const SessionId& session, Instant now);

// The User-Agent header, safe to store and display: at most 200 printable ASCII characters, others as '?'.
[[nodiscard]] std::string user_agent(const http::Request& request);

}  // namespace stagedoor::auth
