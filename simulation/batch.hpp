// Many histories, each in a process of its own: on all cores, and one that ends the process ends no other.
#pragma once

#include <functional>
#include <vector>

#include "simulation/run.hpp"

namespace stagedoor::simulation {

// A report also of a history whose process died: `broken` says how.
[[nodiscard]] Report simulate_apart(const Options& options);

// One history for each, `at_once` at a time; in the order given. `done` is called after each with how many are done.
[[nodiscard]] std::vector<Report> simulate_all(const std::vector<Options>& all, int at_once,
                                               const std::function<void(const Report&)>& done);

// The same bug with less around it: fewer calamities, fewer people, a shorter time. Gives up after so many tries.
[[nodiscard]] Options shortest(Options options, const Report& report, int most_tries,
                               const std::function<void(const Options&)>& shorter);

}  // namespace stagedoor::simulation
