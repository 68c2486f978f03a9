#pragma once

#include <filesystem>
#include <string>

namespace stagedoor::describe {

// Empty if there is no such file.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace stagedoor::describe
