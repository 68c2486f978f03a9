// The mutants: classic bugs of such systems, which the simulation must catch. Each has a seam in the code
// that it breaks, see common/runtime/mutation.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "simulation/mutants/switch.hpp"

namespace stagedoor::simulation {

struct Mutant {
    const char* name;
    Mutation mutation;
    const char* meaning;
    // Where the search for a run that catches it begins, to save time: a seed that did so once.
    std::uint64_t first_seed = 1;
};

[[nodiscard]] std::span<const Mutant> mutants();
// Those of a marketplace in several cells; simulation/cells/.
[[nodiscard]] std::span<const Mutant> cell_mutants();
[[nodiscard]] std::optional<Mutation> find_mutant(std::string_view name);
[[nodiscard]] std::string_view name_of(Mutation mutation);

}  // namespace stagedoor::simulation
