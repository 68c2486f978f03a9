// The background workers of auth.
#pragma once

#include "services/auth/app.hpp"

namespace stagedoor::auth::workers {

// At start: creates the first keys if there are none (once, however many replicas start), encrypts those anew
// that are not encrypted under JWT_KEY_SECRET yet, and loads all.
Task<> prepare_keys(App& app);

// Every second: loads keys that other replicas created, and forgets those that were retired.
Task<std::optional<Instant>> load_keys(App& app);

// Every minute: creates the next key in time, retires old ones and encrypts keys anew that a replica with the
// previous JWT_KEY_SECRET has created meanwhile.
Task<std::optional<Instant>> rotate_keys(App& app);

// Every hour: deletes expired sessions and email links.
Task<std::optional<Instant>> clean_up(App& app);

}  // namespace stagedoor::auth::workers
