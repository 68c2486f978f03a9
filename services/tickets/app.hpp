// What the routes, handlers and workers of tickets share.
#pragma once

#include "common/service/service.hpp"

namespace stagedoor::tickets {

struct App {
    explicit App(const ServiceDeps& deps)
        : db(deps.db),
          clock(deps.clock),
          random(deps.random),
          indexing(deps.clock,
                   {.name = "tickets: listings to index", .max_interval = std::chrono::minutes{1}}) {}

    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
    PollLoop indexing;
};

}  // namespace stagedoor::tickets
