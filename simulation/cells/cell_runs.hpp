// Runs of a marketplace in several cells: one in which a cell dies, and sales under more load than they can
// take.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/runtime/mutation.hpp"
#include "simulation/cells/cell_marketplace.hpp"

namespace stagedoor::simulation {

struct CellRunOptions {
    std::uint64_t seed = 1;
    int cells = 3;
    Mutation mutation = Mutation::none;
    bool print_trace = false;
};

struct DeadCellReport {
    std::vector<std::string> violations;  // empty: the run passed
    std::string hash;                     // of everything that happened
    int dead_cell = 0;
    std::int64_t requests = 0, paid = 0;
    std::int64_t while_dead = 0;  // requests about the other cells and about none: all succeeded
    std::int64_t rejected = 0;    // requests about the dead one: all 503
    std::int64_t mutation_reached = 0;
};

// Buyers buy in all cells. One cell dies altogether, and comes back later. Only requests about its listings
// and orders may fail, with 503, and only while it is down.
[[nodiscard]] DeadCellReport simulate_dead_cell(const CellRunOptions& options);

struct SaleOptions {
    std::uint64_t seed = 1;
    CellPlan plan;
    double load = 1;  // relative to arrivals_at_one_cell, which overloads one cell
};

struct SaleReport {
    std::vector<std::string> violations;
    double paid_per_second = 0;  // once the load has gone on for a while
    std::int64_t started = 0, turned_away = 0, paid = 0;
};

// A sale on machines of limited speed: each step and each commit takes its time.
[[nodiscard]] SaleReport simulate_sale(const SaleOptions& options);

// Cells that are slow enough for a run to take seconds. `one_account`: at the provider, for all of them.
[[nodiscard]] CellPlan sale_plan(int cells, bool one_account = false);
// More buyers than one of these cells can serve: how many arrive a second, and how many may buy at once.
inline constexpr double arrivals_at_one_cell = 40;
inline constexpr int buyers_at_one_cell = 96;

}  // namespace stagedoor::simulation
