#include "common/runtime/version.hpp"

namespace stagedoor::runtime {

std::string_view version() { return STAGEDOOR_VERSION; }

}  // namespace stagedoor::runtime
