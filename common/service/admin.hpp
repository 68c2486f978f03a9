// What an operator asks on the admin port: metrics, and the dead letters of every service.
#pragma once

#include "common/http/router.hpp"

namespace stagedoor {

class Host;

// GET  /admin/dead-letters                                          every service's, oldest first
// POST /admin/dead-letters/:service/:entity/:id/:version/retry      tries it again now
// POST /admin/dead-letters/:service/:entity/:id/:version/skip       leaves it out, and goes on with what it held back
void add_admin_routes(http::Router& router, Host& host);

}  // namespace stagedoor
