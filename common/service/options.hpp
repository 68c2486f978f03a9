// Settings from the command line and the environment.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "common/service/settings.hpp"

namespace CLI {
class App;
}

namespace stagedoor {

// Adds a flag for each setting; what is given lands in `given`, unread.
void add_options(CLI::App& command, std::map<std::string, std::string>& given);

// Flags first, then the environment, then the default; or all that is wrong, one line each.
[[nodiscard]] std::expected<Settings, std::vector<std::string>> read_settings(
    const CLI::App& command, const std::map<std::string, std::string>& given);

}  // namespace stagedoor
