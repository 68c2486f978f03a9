// The dependencies of tickets' routes and handlers.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::tickets {

struct App {
    explicit App(const ServiceDeps& deps) : db(deps.db), clock(deps.clock), random(deps.random) {}

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
};

}  // namespace stagedoor::tickets
