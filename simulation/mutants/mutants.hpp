// Bugs that are planted at run time, to see whether the simulation finds them: the classic ones of such systems. No product
// code knows of them: they stand in what is simulated, and between the services and their databases.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

// Their names, and what each does wrong.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> plants();
[[nodiscard]] bool is_plant(std::string_view name);

// From now on the marketplace has that bug.
void plant(Marketplace& marketplace, const std::string& name);

}  // namespace stagedoor::simulation
