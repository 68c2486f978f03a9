#pragma once

#include "common/service/service.hpp"

namespace stagedoor::client {

// The web pages. client has no data of its own: it calls the other services like any API client.
[[nodiscard]] Service make_service(ServiceDeps deps);

}  // namespace stagedoor::client
