#include "testing/processes/process.hpp"

#include <cstdlib>

namespace stagedoor::testing {

std::string stagedoor_program() {
    if (const auto* given = std::getenv("STAGEDOOR_BIN")) return given;
    return STAGEDOOR_PROGRAM;
}

}  // namespace stagedoor::testing
