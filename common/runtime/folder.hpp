// Folders that survive a power cut.
#pragma once

#include <filesystem>

namespace stagedoor::runtime {

// Creates the folder and its parents, if missing, for their owner alone; durable on return. Throws
// std::runtime_error with one line for the operator.
void make_folder(const std::filesystem::path& folder);

}  // namespace stagedoor::runtime
