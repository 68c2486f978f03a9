// The background work of tickets.
#pragma once

#include "services/tickets/app.hpp"

namespace stagedoor::tickets::workers {

// Indexes for search every listing that an earlier version of the program wrote. Runs before the first
// request.
[[nodiscard]] Task<> index_all_listings(App& app);

// The same for listings that replicas of an earlier version write during a rolling upgrade.
[[nodiscard]] Task<std::optional<Instant>> index_listings(App& app);

}  // namespace stagedoor::tickets::workers
