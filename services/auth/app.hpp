// The dependencies of auth's routes and background workers.
#pragma once

#include <memory>

#include "common/security/password.hpp"
#include "common/service/service.hpp"
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
          passwords(std::move(hashes)),
          keys(settings.jwt_key_secret),
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
    std::unique_ptr<security::Passwords> passwords;
    KeyRing keys;
    // Other replicas load a new key at their next poll, well before it becomes active.
    PollLoop key_rotation;
    PollLoop cleanup;
};

}  // namespace stagedoor::auth
