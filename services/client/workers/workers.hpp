// The background worker of client.
#pragma once

#include "services/client/app.hpp"

namespace stagedoor::client::workers {

// Every five minutes: deletes expired form drafts.
Task<std::optional<Instant>> clean_up(App& app);

}  // namespace stagedoor::client::workers
