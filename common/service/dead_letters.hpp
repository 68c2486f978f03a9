// Dead letters for operators: commands of every program, and routes on its admin port.
#pragma once

#include <vector>

#include "common/http/routing/router.hpp"
#include "common/service/program.hpp"

namespace stagedoor {

// GET  /admin/dead-letters                                      all, oldest first, at most 1000 per service
// GET  /admin/dead-letters/:service/:entity/:id/:version        one, with its data
// POST /admin/dead-letters/:service/:entity/:id/:version/retry  retries it now
// POST /admin/dead-letters/:service/:entity/:id/:version/skip   drops it and applies the events it blocked
void add_dead_letter_routes(http::Router& router, Host& host);

// The commands dead-letters, and dead-letter, retry-dead-letter and skip-dead-letter with SERVICE ENTITY ID
// VERSION. A service's own program may keep running meanwhile; the one-process program must be stopped.
[[nodiscard]] std::vector<Command> dead_letter_commands();

}  // namespace stagedoor
