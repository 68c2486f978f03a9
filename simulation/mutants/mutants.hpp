// The mutants: classic bugs of such systems, which the simulation must catch. Each has a seam in the code
// that it breaks, see common/runtime/mutation.hpp.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "simulation/mutants/switch.hpp"

namespace stagedoor::simulation {

struct Mutant {
    const char* name;
    Mutation mutation;
    const char* meaning;
};

[[nodiscard]] std::span<const Mutant> mutants();
[[nodiscard]] std::optional<Mutation> find_mutant(std::string_view name);
[[nodiscard]] std::string_view name_of(Mutation mutation);

}  // namespace stagedoor::simulation
