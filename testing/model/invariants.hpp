// CONTRACT.md's invariants as questions to the services' databases, wherever these are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// What must hold at every moment, and does not.
[[nodiscard]] std::vector<std::string> broken_now(Databases& databases);

// What must hold once everybody has heard everything, and does not (yet). `now_ms` is the time by the services' clocks.
[[nodiscard]] std::vector<std::string> not_yet_equal(Databases& databases, std::int64_t now_ms);

}  // namespace stagedoor::testing
