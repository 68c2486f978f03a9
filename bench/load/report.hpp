// Reports of a run: a table to read and a flat JSON file for bench/run.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/delivery.hpp"
#include "bench/load/open_loop.hpp"

namespace stagedoor::load {

struct Outcome {
    std::string name;
    double target_rate = 0;  // 0: as fast as it goes
    int connections = 0;
    Measured measured;
    std::optional<BucketsByService> delivery;  // of the events during the run
    // From the last response until the projections agreed.
    std::optional<std::chrono::milliseconds> converged;
    std::vector<std::string> failures;  // including those of `measured`; empty: the figures are valid
};

std::string table(const Outcome& outcome);

// One key per line and no key twice, so that sed can read it; null for unknown or infinite values.
std::string json(const Outcome& outcome);

}  // namespace stagedoor::load
