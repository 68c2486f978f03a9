// What the contracts say of each event in words: the comment above its struct.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace stagedoor::describe {

// By subject; names of members between backticks are told as they are on the wire.
[[nodiscard]] std::map<std::string, std::string> event_comments(const std::filesystem::path& contracts);

}  // namespace stagedoor::describe
