#pragma once

#include "common/service/deps.hpp"

namespace stagedoor::client {

// The web pages. client has no data of its own: it calls the other services like any API client.
[[nodiscard]] Service make_service(ServiceDeps deps);
// Of them only the page of doors, for a gate: it needs no other service.
[[nodiscard]] Service make_door_service(ServiceDeps deps);

}  // namespace stagedoor::client
