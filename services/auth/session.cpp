#include "services/auth/session.hpp"

#include "common/messaging/outbox.hpp"
#include "contracts/events/auth.hpp"
#include "services/auth/store/sessions.hpp"

namespace stagedoor::auth {

http::Headers session_cookie(const App& app, const store::Identity& user, const SessionId& session,
                             Instant expires_at) {
    auto now = app.clock.now();
    security::Claims claims{.user = user.id,
                            .email = user.email,
                            .session = session,
                            .epoch = user.epoch,
                            .roles = user.role_list(),
                            .confirmed = user.confirmed,
                            .issued_at = now,
                            .expires_at = expires_at};
    http::Headers headers;
    headers.set("Cache-Control", "private, no-store");  // no cache may serve a session
    headers.add("Set-Cookie",
                app.sessions->cookie(security::sign_token(claims, *app.keys.active(now)),
                                     std::chrono::ceil<std::chrono::seconds>(expires_at - now)));
    return headers;
}

std::optional<Instant> renew(sql::Tx& tx, const App& app, const SessionId& session,
                             const store::Identity& user) {
    return store::renew_session(tx, session, user.id, user.epoch, tx.now() + security::token_lifetime,
                                app.session_lifetime);
}

void reject_older_tokens(sql::Tx& tx, security::Sessions& sessions, const store::Identity& user) {
    contracts::EpochRaised event{.user_id = user.id, .epoch = user.epoch, .version = user.epoch};
    sessions.epoch_raised(tx, event);
    outbox::publish(tx, event);
}

void log_event(const App& app, security::SecurityEvent event, const http::Request& request,
               std::string_view user, std::string_view reason) {
    app.security_log.write(event, {{"client", request.remote_address},
                                   {"user", user},
                                   {"reason", reason},
                                   {"request_id", request.request_id}});
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
