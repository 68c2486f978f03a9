#include "apps/simulate/plants.hpp"

#include <algorithm>

namespace stagedoor::simulate {

const std::vector<std::pair<std::string, std::string>>& plants() {
    static const std::vector<std::pair<std::string, std::string>> all{
        {"fsync-left-out", "the databases' machines answer before what was written is safe"},
    };
    return all;
}

bool is_plant(std::string_view name) {
    return std::ranges::any_of(plants(), [&](const auto& each) { return each.first == name; });
}

void plant(Marketplace& marketplace, const std::string& name) {
    if (name == "fsync-left-out") {
        for (const auto& [database, server] : marketplace.databases()) server->disk().forgets_to_sync = true;
    }
}

}  // namespace stagedoor::simulate
