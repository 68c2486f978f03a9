#pragma once

#include <memory>

#include "common/service/deps.hpp"

namespace stagedoor::client {

struct Theme;

// The web pages. client has no data of its own: it calls the other services like any API client.
[[nodiscard]] Service make_service(ServiceDeps deps);
// With pages that were parsed before; the simulation, which starts many replicas, does so once.
[[nodiscard]] Service make_service_with(ServiceDeps deps, std::shared_ptr<const Theme> theme);
// Of them only the page of doors, for a gate: it needs no other service.
[[nodiscard]] Service make_door_service(ServiceDeps deps);

}  // namespace stagedoor::client
