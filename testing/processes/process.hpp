// The programs under test.
#pragma once

#include <string>

#include "common/runtime/temporary_folder.hpp"
#include "fleet/polling.hpp"
#include "fleet/process.hpp"

namespace stagedoor::testing {

using namespace fleet;

// build/bin/stagedoor: STAGEDOOR_BIN, else where the build put it.
[[nodiscard]] std::string stagedoor_program();

}  // namespace stagedoor::testing
