// Formats JSON for people and diffs.
#pragma once

#include <string>

#include "common/json/value.hpp"

namespace stagedoor::describe {

// Objects and arrays that fit into a line of 110 columns are on one line; others have a line per member or
// element.
[[nodiscard]] std::string pretty(const json::Value& document);

}  // namespace stagedoor::describe
