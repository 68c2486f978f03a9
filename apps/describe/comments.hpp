// The description of each event: the comment above its struct in contracts/events.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace stagedoor::describe {

// By subject, from the headers in `folder`. Member names in backticks are converted to their JSON names.
[[nodiscard]] std::map<std::string, std::string> event_comments(const std::filesystem::path& folder);

}  // namespace stagedoor::describe
