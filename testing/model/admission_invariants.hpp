// The invariants of passes, transfers and admissions.
#pragma once

#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::testing {

// What must hold at every moment: one live generation, one open entry.
void find_broken_admissions(Databases& databases, std::vector<std::string>& found);

// What must hold once every service has handled every event: each paid unit has its pass.
void find_missing_passes(Databases& databases, std::vector<std::string>& found);

}  // namespace stagedoor::testing
