// The invariants of docs/contract.md as queries to the services' databases, wherever these are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// Violations of what must hold at every moment.
[[nodiscard]] std::vector<std::string> broken_invariants(Databases& databases);

// Violations, for now, of what must hold once every service has handled every event. `now_ms` is the time by
// the services' clocks.
[[nodiscard]] std::vector<std::string> not_yet_converged(Databases& databases, std::int64_t now_ms);

}  // namespace stagedoor::testing
