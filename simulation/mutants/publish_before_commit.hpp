// The mutant publish-before-commit, for which no single line of a service could be the seam.
#pragma once

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

// Makes each database publish a transaction's events just before its commit while the mutant is active.
void install_publish_before_commit(Marketplace& marketplace);

}  // namespace stagedoor::simulation
