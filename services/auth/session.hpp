// A session as it leaves auth: a signed token in a cookie.
#pragma once

#include "common/http/message.hpp"
#include "services/auth/app.hpp"
#include "services/auth/store/users.hpp"

namespace stagedoor::auth {

// The Set-Cookie header with a new token of that session.
[[nodiscard]] http::Headers session_cookie(const App& app, const store::Identity& user,
                                           const SessionId& session, Instant now);

// What the browser calls itself, fit to be stored and shown: at most 200 printable ASCII characters.
[[nodiscard]] std::string user_agent(const http::Request& request);

}  // namespace stagedoor::auth
