// Switches on one of the bugs in common/runtime/mutation.hpp. Only the simulation links it.
#pragma once

#include <cstdint>

#include "common/runtime/mutation.hpp"

namespace stagedoor::simulation {

// From now on this bug is active; none: no bug. Resets times_reached().
void set_mutation(Mutation mutation);
[[nodiscard]] Mutation active_mutation();
// How often the active bug's seam was reached. 0: the mutant changed nothing.
[[nodiscard]] std::int64_t times_reached();

}  // namespace stagedoor::simulation
