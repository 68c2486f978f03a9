// One history of the marketplace, from its seed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "apps/simulate/world.hpp"

namespace stagedoor::simulate {

struct Options {
    std::uint64_t seed = 1;
    bool faults = true;
    std::string plant;                           // a bug to plant; empty: none
    std::set<int> without_faults;                // of the plan, by number
    std::set<int> without_people;                // by number
    Duration length = std::chrono::seconds{40};  // of the time in which people come and things go wrong
    bool print_trace = false;
    std::size_t kept_lines = 0;  // of the trace, for the report
};

struct Report {
    std::uint64_t seed = 0, hash = 0, steps = 0;
    Duration lasted{};                // by the world's clock
    std::vector<std::string> broken;  // empty: all is well
    Duration broken_at{};
    int planned_faults = 0, people = 0;
    std::map<std::string, std::int64_t> faults;
    std::map<std::pair<std::string, std::string>, std::int64_t> met;  // by calamity and what was under way
    std::int64_t requests = 0, unanswered = 0, orders = 0, paid = 0, promises = 0, letters = 0, checks = 0;
    std::vector<std::string> rows;  // that the broken invariant is about
    std::vector<std::string> trace;
};

[[nodiscard]] Report simulate(const Options& options);

}  // namespace stagedoor::simulate
