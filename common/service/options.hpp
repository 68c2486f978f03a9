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

// What a command wants to know: everything, or only where the program listens.
enum class Wanted { everything, where_it_listens };

// Adds a flag for each setting that such a program has; what is given lands in `given`, unread.
void add_options(CLI::App& command, Deployment deployment, std::map<std::string, std::string>& given,
                 Wanted wanted = Wanted::everything);

// Flags first, then the environment, then the default; or all that is wrong or missing, one line each. `required`: names
// of variables that must be set one way or the other.
[[nodiscard]] std::expected<Settings, std::vector<std::string>> read_settings(
    const CLI::App& command, Deployment deployment, const std::map<std::string, std::string>& given,
    const std::vector<std::string>& required = {}, Wanted wanted = Wanted::everything);

}  // namespace stagedoor
