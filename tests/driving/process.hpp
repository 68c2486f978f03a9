// The programs under test.
#pragma once

#include <string>

#include "deploy/local/process.hpp"
#include "deploy/local/waiting.hpp"

namespace stagedoor::driving {

using namespace local;

// build/bin/stagedoor: STAGEDOOR_BIN, else where the build put it.
[[nodiscard]] std::string stagedoor_program();

}  // namespace stagedoor::driving
