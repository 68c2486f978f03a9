// The audit log on the admin port.
#pragma once

#include "common/http/routing/router.hpp"

namespace stagedoor {

class Host;

// GET /admin/audit?limit=&after=&service=   administrative actions of all services or one, newest first
void add_audit_routes(http::Router& router, Host& host);

// Who uses the admin port.
[[nodiscard]] std::string operator_of(const http::Request& request);

}  // namespace stagedoor
