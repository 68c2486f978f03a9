// The code points of a text, by utf8proc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::text {

// Views of the text. A byte that begins no well-formed sequence stands for itself.
[[nodiscard]] std::vector<std::string_view> split_code_points(std::string_view text);
// In capitals, where a code point has a single one.
[[nodiscard]] std::string to_upper(std::string_view text);

}  // namespace stagedoor::text
