// Events that were given up, as an operator sees to them: commands of every program, and routes on its admin port.
#pragma once

#include <vector>

#include "common/http/routing/router.hpp"
#include "common/service/program.hpp"

namespace stagedoor {

// GET  /admin/dead-letters                                          every service's, oldest first
// GET  /admin/dead-letters/:service/:entity/:id/:version            one of them, whole
// POST /admin/dead-letters/:service/:entity/:id/:version/retry      tries it again now
// POST /admin/dead-letters/:service/:entity/:id/:version/skip       leaves it out, and goes on with what it held back
void add_dead_letter_routes(http::Router& router, Host& host);

// dead-letters; and dead-letter, retry-dead-letter, skip-dead-letter SERVICE ENTITY ID VERSION. Beside a running
// program of its own; in one process while that is stopped.
[[nodiscard]] std::vector<Command> dead_letter_commands();

}  // namespace stagedoor
