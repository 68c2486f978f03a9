// The background workers of auth.
#pragma once

#include "services/auth/app.hpp"

namespace stagedoor::auth::workers {

// At start: creates the first key if there is none (once, however many replicas start) and loads all keys.
Task<> prepare_keys(App& app);

// Every minute: creates the next key in time, retires old ones and loads keys that other replicas created.
Task<std::optional<Instant>> rotate_keys(App& app);

// Every hour: deletes expired sessions and email links.
Task<std::optional<Instant>> clean_up(App& app);

}  // namespace stagedoor::auth::workers
