// Many runs on all cores, each in a process of its own, so that a crash ends only one of them.
#pragma once

#include <functional>
#include <vector>

#include "simulation/run.hpp"

namespace stagedoor::simulation {

// A run whose process died also has a report: `violations` says how it ended.
[[nodiscard]] Report simulate_isolated(const Options& options);

// Runs `jobs` at a time; the reports are in the order of `all`. Calls `done` after each run.
[[nodiscard]] std::vector<Report> simulate_all(const std::vector<Options>& all, int jobs,
                                               const std::function<void(const Report&)>& done);

// Searches for a smaller run with the same violation: shorter, with fewer faults, with fewer customers. Calls
// `smaller` after each success.
[[nodiscard]] Options minimize(Options options, const Report& report, int max_attempts,
                               const std::function<void(const Options&)>& smaller);

}  // namespace stagedoor::simulation
