// The background work of admissions.
#pragma once

#include "services/admissions/app.hpp"

namespace stagedoor::admissions::workers {

// Encrypts the keys of listings under ADMISSIONS_SECRET that were encrypted under the secret before it. Again
// from time to time, as long as there is one: a replica that has the old settings may make others.
Task<std::optional<Instant>> seal_keys_anew(App& app);

// Removes scans that nobody can undo, repeat or upload any more; what sellers see of them is kept as counts.
Task<std::optional<Instant>> remove_old_scans(App& app);

}  // namespace stagedoor::admissions::workers
