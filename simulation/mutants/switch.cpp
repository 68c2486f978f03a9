#include "simulation/mutants/switch.hpp"

namespace stagedoor {
namespace {

// The simulation has one thread.
Mutation active = Mutation::none;
std::int64_t reached = 0;

}  // namespace

// Replaces the weak definition of common/runtime/mutation.cpp.
bool runtime::mutated(Mutation mutation) noexcept {
    if (mutation != active) return false;
    ++reached;
    return true;
}

void simulation::set_mutation(Mutation mutation) {
    active = mutation;
    reached = 0;
}

Mutation simulation::active_mutation() { return active; }

std::int64_t simulation::times_reached() { return reached; }

}  // namespace stagedoor
