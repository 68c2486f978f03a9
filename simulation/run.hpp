// One history of the marketplace, from its seed.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

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

// How often a fault struck.
struct FaultCount {
    std::string kind;
    std::int64_t times = 0;
};
BOOST_DESCRIBE_STRUCT(FaultCount, (), (kind, times))

// How often a calamity came while that was under way.
struct Meeting {
    std::string calamity, under_way;
    std::int64_t times = 0;
};
BOOST_DESCRIBE_STRUCT(Meeting, (), (calamity, under_way, times))

struct Report {
    std::uint64_t seed = 0;
    std::string hash;  // of all that happened
    std::int64_t steps = 0;
    std::int64_t lasted_us = 0;       // by the world's clock
    std::vector<std::string> broken;  // empty: all is well
    std::int64_t broken_at_us = 0;
    int planned_faults = 0, people = 0;
    std::vector<FaultCount> faults;
    std::vector<Meeting> met;
    std::int64_t requests = 0, unanswered = 0, orders = 0, paid = 0, promises = 0, letters = 0, checks = 0;
    std::vector<std::string> rows;  // that the broken invariant is about
    std::vector<std::string> trace;
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (hash, steps, lasted_us, broken, broken_at_us, planned_faults, people, faults, met,
                       requests, unanswered, orders, paid, promises, letters, checks, rows, trace))

[[nodiscard]] Report simulate(const Options& options);

}  // namespace stagedoor::simulation
