// What a run is told as: a line for people and a flat JSON file for bench/run.
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
    double rate_asked = 0;  // 0: as fast as it goes
    int connections = 0;
    Measured measured;
    std::optional<BucketsByService> delivery;            // what happened during the run
    std::optional<std::chrono::milliseconds> converged;  // how long after the last answer the copies agreed
    std::vector<std::string> failures;                   // with those of `measured`; empty: the figures stand
};

std::string table(const Outcome& outcome);

// One key a line and every key once, so that sed reads it; null for what is not known or not finite.
std::string json(const Outcome& outcome);

}  // namespace stagedoor::load
