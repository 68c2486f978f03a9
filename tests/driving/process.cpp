#include "tests/driving/process.hpp"

#include <cstdlib>

namespace stagedoor::driving {

std::string stagedoor_program() {
    if (const auto* given = std::getenv("STAGEDOOR_BIN")) return given;
    return STAGEDOOR_PROGRAM;
}

}  // namespace stagedoor::driving
