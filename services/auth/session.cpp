#include "services/auth/session.hpp"

namespace stagedoor::auth {

http::Headers session_cookie(const App& app, const store::Identity& user, const SessionId& session,
                             Instant now) {
    security::Claims claims{.user = user.id,
                            .email = user.email,
                            .session = session,
                            .epoch = user.epoch,
                            .roles = user.role_list(),
                            .issued_at = now,
                            .expires_at = now + security::token_lifetime};
    http::Headers headers;
    headers.set("Cache-Control", "private, no-store");  // no cache may serve a session
    headers.add("Set-Cookie", app.sessions->cookie(security::sign_token(claims, *app.keys.active(now)),
                                                   security::token_lifetime));
    return headers;
}

std::string user_agent(const http::Request& request) {
    constexpr std::size_t max_length = 200;
    std::string text{request.headers["User-Agent"].substr(0, max_length)};
    for (auto& c : text) {
        if (c < ' ' || c > '~') c = '?';
    }
    return text;
}

}  // namespace stagedoor::auth
