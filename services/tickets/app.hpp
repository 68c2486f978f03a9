// What the routes and listeners of tickets are given.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::tickets {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db), clock(deps.clock), random(deps.random), settings(deps.settings) {}

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    Settings settings;
};

}  // namespace stagedoor::tickets
