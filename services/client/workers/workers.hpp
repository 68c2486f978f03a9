// The background worker of client.
#pragma once

#include "services/client/app.hpp"

namespace stagedoor::client::workers {

// Every five minutes: deletes expired drafts of forms and of listings.
Task<std::optional<Instant>> clean_up(App& app);

}  // namespace stagedoor::client::workers
