// JSON for people and for diffs.
#pragma once

#include <string>

#include "common/json/value.hpp"

namespace stagedoor::describe {

// What fits into a line of 110 stands in one, everything else with a line for each member or element.
[[nodiscard]] std::string pretty(const json::Value& document);

}  // namespace stagedoor::describe
