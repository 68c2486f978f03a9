// The background work of tickets.
#pragma once

#include "services/tickets/app.hpp"

namespace stagedoor::tickets::workers {

// Writes the entries that searches read of listings that an earlier version of the program has written,
// before the upgrade or while it goes on; and removes those of events that have passed.
[[nodiscard]] Task<std::optional<Instant>> keep_search_entries(App& app);

// Deletes pictures that are on no listing and weren't put on one for a month.
[[nodiscard]] Task<std::optional<Instant>> delete_pictures(App& app);

}  // namespace stagedoor::tickets::workers
