// A marketplace in several cells: docs/decisions/0045-cells.md.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "common/runtime/log.hpp"
#include "simulation/cells/cell_runs.hpp"
#include "simulation/mutants/mutants.hpp"

namespace stagedoor::simulation {
namespace {

const bool quiet = [] {
    log::start(log::Level::off);
    return true;
}();

constexpr int cells = 3;

TEST(Cells, only_the_listings_of_a_dead_cell_respond_with_503) {
    std::set<int> dead;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        auto report = simulate_dead_cell({.seed = seed, .cells = cells});
        for (const auto& line : report.violations)
            ADD_FAILURE() << line << "\nagain: stagedoor-simulate --cells 3 --seed " << seed;
        EXPECT_GT(report.while_dead, 100);
        EXPECT_GT(report.rejected, 20);
        EXPECT_GT(report.paid, 100);
        dead.insert(report.dead_cell);
    }
    EXPECT_GT(dead.size(), 1) << "always the same one";
}

TEST(Cells, a_seed_gives_the_same_run) {
    EXPECT_EQ(simulate_dead_cell({.seed = 4}).hash, simulate_dead_cell({.seed = 4}).hash);
}

TEST(Cells, a_mutant_that_ignores_them_is_caught) {
    for (const auto& mutant : cell_mutants()) {
        auto report = simulate_dead_cell({.seed = 1, .cells = cells, .mutation = mutant.mutation});
        EXPECT_FALSE(report.violations.empty()) << mutant.name;
        EXPECT_GT(report.mutation_reached, 0) << mutant.name;
    }
}

double sale(const CellPlan& plan, double load) {
    auto report = simulate_sale({.plan = plan, .load = load});
    EXPECT_EQ(report.violations, std::vector<std::string>{});
    EXPECT_GT(report.turned_away, 0) << "the load is too low to show what they can sell";
    return report.paid_per_second;
}

TEST(Cells, three_sell_almost_three_times_as_much_as_one) {
    auto one = std::max(sale(sale_plan(1), 1), sale(sale_plan(1), cells));
    auto three = sale(sale_plan(cells), cells);
    std::cout << fmt::format("one cell sells {:.1f} a second, three sell {:.1f}\n", one, three);
    EXPECT_GE(three, 2.7 * one);
}

// What they still share limits them again.
TEST(Cells, one_account_at_the_provider_limits_all_of_them) {
    auto three = sale(sale_plan(cells, true), cells);
    EXPECT_LE(three, 1.3 * sale(sale_plan(1), 1));
}

}  // namespace
}  // namespace stagedoor::simulation
