// The dependencies of auth's routes and background workers.
#pragma once

#include <memory>

#include "common/security/password.hpp"
#include "common/security/security_log.hpp"
#include "common/security/sessions.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/database.hpp"
#include "services/auth/forbidden_passwords.hpp"
#include "services/auth/key_ring.hpp"
#include "services/auth/settings.hpp"

namespace stagedoor::auth {

struct App {
    App(const ServiceDeps& deps, std::unique_ptr<security::Passwords> hashes)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          sessions(deps.sessions),
          settings(deps.own<Settings>()),
          rate_limits(deps.settings.rate_limits),
          https(deps.settings.https()),
          passwords(std::move(hashes)),
          keys(settings.jwt_key_secret, settings.jwt_key_secret_previous),
          forbidden_passwords(settings.forbidden_passwords),
          session_lifetime(std::chrono::days{settings.session_days}),
          security_log(deps.metrics),
          key_loading(deps.clock, {.name = "auth: keys", .max_interval = std::chrono::seconds{1}}),
          key_rotation(deps.clock, {.name = "auth: key rotation", .max_interval = std::chrono::minutes{1}}),
          cleanup(deps.clock, {.name = "auth: cleanup",
                               .max_interval = std::chrono::hours{1},
                               .max_retry_delay = std::chrono::minutes{1}}) {}

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<security::Sessions> sessions;
    Settings settings;
    bool rate_limits;
    bool https;  // visitors' browsers use it
    std::unique_ptr<security::Passwords> passwords;
    KeyRing keys;
    ForbiddenPasswords forbidden_passwords;
    std::chrono::milliseconds session_lifetime;  // however often it is renewed
    security::SecurityLog security_log;
    // As often as services load revocations: a withdrawn key signs no more once its tokens are refused.
    PollLoop key_loading;
    PollLoop key_rotation;
    PollLoop cleanup;
};

}  // namespace stagedoor::auth
