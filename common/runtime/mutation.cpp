#include "common/runtime/mutation.hpp"

namespace stagedoor::runtime {

// Weak, so that the simulation's definition replaces it.
[[gnu::weak]] bool mutated(Mutation /*mutation*/) noexcept { return false; }

}  // namespace stagedoor::runtime
