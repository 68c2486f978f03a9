// The background work of the gate.
#pragma once

#include "apps/gate/app.hpp"

namespace stagedoor::gate::workers {

// Joins the shop, fetches the door pack, takes over the shards, uploads scans, and learns what is revoked.
// Whatever fails is tried again: without a connection the gate goes on with what it has. With --release it
// releases the shards instead.
Task<std::optional<Instant>> follow_shop(App& app);

}  // namespace stagedoor::gate::workers
