// One run of the marketplace, decided by its seed.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/runtime/mutation.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

struct Options {
    std::uint64_t seed = 1;
    bool faults = true;
    Mutation mutation = Mutation::none;
    std::set<int> without_faults;                // of the plan, by number
    std::set<int> without_customers;             // by number
    Duration length = std::chrono::seconds{40};  // how long customers act and faults begin
    bool print_trace = false;
    std::size_t trace_lines = 0;  // how many to keep for the report
};

struct FaultCount {
    std::string kind;
    std::int64_t times = 0;
};
BOOST_DESCRIBE_STRUCT(FaultCount, (), (kind, times))

// How often a planned fault began while this step of a saga was in progress.
struct Overlap {
    std::string fault, step;
    std::int64_t times = 0;
};
BOOST_DESCRIBE_STRUCT(Overlap, (), (fault, step, times))

struct Report {
    std::uint64_t seed = 0;
    std::string hash;  // of everything that happened
    std::int64_t steps = 0;
    std::int64_t simulated_us = 0;
    std::vector<std::string> violations;  // empty: the run passed
    std::int64_t violated_at_us = 0;
    bool has_nodes = false;  // instead of replicas of each service
    int planned_faults = 0, customers = 0;
    std::vector<FaultCount> faults;
    std::vector<Overlap> overlaps;
    std::int64_t requests = 0, without_response = 0, orders = 0, paid = 0, confirmed_writes = 0,
                 admissions = 0, emails = 0, checks = 0;
    std::int64_t mutation_reached = 0;  // how often its seam was reached
    std::vector<std::string> rows;      // about the ids that the violations name
    std::vector<std::string> trace;

    [[nodiscard]] bool passed() const { return violations.empty(); }
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (hash, steps, simulated_us, violations, violated_at_us, has_nodes, planned_faults,
                       customers, faults, overlaps, requests, without_response, orders, paid,
                       confirmed_writes, admissions, emails, checks, mutation_reached, rows, trace))

[[nodiscard]] Report simulate(const Options& options);

}  // namespace stagedoor::simulation
