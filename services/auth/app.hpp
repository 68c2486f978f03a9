// What the routes and loops of auth are given.
#pragma once

#include <thread>

#include "common/security/password.hpp"
#include "common/service/service.hpp"
#include "services/auth/key_ring.hpp"

namespace stagedoor::auth {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          sessions(deps.sessions),
          settings(deps.settings),
          // A hash keeps a core busy for some 30 ms: half of them stay free for everything else.
          passwords(security::make_passwords(
              std::max(1, static_cast<int>(std::thread::hardware_concurrency() / 2)))),
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
    runtime::Signal rotate_wake, clean_up_wake;
};

}  // namespace stagedoor::auth
