// What the routes and loops of auth are given.
#pragma once

#include <memory>

#include "common/security/password.hpp"
#include "common/service/service.hpp"
#include "services/auth/key_ring.hpp"

namespace stagedoor::auth {

struct App {
    App(const ServiceDeps& deps, std::unique_ptr<security::Passwords> hashes)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          sessions(deps.sessions),
          settings(deps.settings),
          passwords(std::move(hashes)),
          keys(deps.settings.jwt_key_secret),
          rotate_wake(deps.clock),
          clean_up_wake(deps.clock) {}

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    std::shared_ptr<security::Sessions> sessions;
    Settings settings;
    std::unique_ptr<security::Passwords> passwords;
    KeyRing keys;
    runtime::AsyncEvent rotate_wake, clean_up_wake;
};

}  // namespace stagedoor::auth
