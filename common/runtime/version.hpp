// Stagedoor's version, from CMakeLists.txt.
#pragma once

#include <string_view>

namespace stagedoor::runtime {

[[nodiscard]] std::string_view version();

}  // namespace stagedoor::runtime
