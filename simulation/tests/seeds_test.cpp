#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <thread>

#include "common/runtime/log.hpp"
#include "simulation/batch.hpp"
#include "simulation/mutants/mutants.hpp"

namespace stagedoor::simulation {
namespace {

const bool quiet = [] {
    log::start(log::Level::off);
    return true;
}();

int all_cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

std::vector<Options> runs(std::uint64_t first, std::uint64_t count, Mutation mutation = Mutation::none) {
    std::vector<Options> all;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        auto& options = all.emplace_back();
        options.seed = seed;
        options.mutation = mutation;
    }
    return all;
}

TEST(Seeds, keep_every_invariant_under_faults) {
    std::uint64_t count = std::getenv("STAGEDOOR_TEST_LONG") ? 2000 : 60;
    std::map<std::string, std::int64_t> faults;
    std::uint64_t with_nodes = 0;
    std::int64_t orders = 0, paid = 0;
    for (const auto& report : simulate_all(runs(1, count), all_cores(), {})) {
        for (const auto& line : report.violations)
            ADD_FAILURE() << "seed " << report.seed << ": " << line << "\nagain: stagedoor-simulate --seed "
                          << report.seed;
        for (const auto& [kind, times] : report.faults) faults[kind] += times;
        with_nodes += report.has_nodes ? 1 : 0;
        orders += report.orders;
        paid += report.paid;
    }
    EXPECT_TRUE(with_nodes > count / 5 && with_nodes < count / 2) << with_nodes << " runs with nodes";
    EXPECT_GT(orders, 20 * count);
    EXPECT_GT(paid, 10 * count);
    EXPECT_GE(faults.size(), 42) << "some kinds of faults never occur";
}

class Mutants : public ::testing::TestWithParam<Mutant> {};

TEST_P(Mutants, are_caught) {
    constexpr std::uint64_t max_seeds = 200;  // some mutants need two rare conditions at once
    const auto [name, mutation, meaning, first_seed] = GetParam();
    auto at_once = static_cast<std::uint64_t>(std::max(1, all_cores() / 2));
    std::int64_t reached = 0;
    for (auto seed = first_seed; seed < first_seed + max_seeds; seed += at_once) {
        auto all = runs(seed, at_once, mutation);
        std::ranges::move(runs(seed, at_once), std::back_inserter(all));
        auto reports = simulate_all(all, all_cores(), {});
        for (std::size_t i = 0; i < at_once; ++i) {
            const auto &report = reports[i], &without = reports[at_once + i];
            EXPECT_TRUE(without.passed()) << "seed " << report.seed << " without the mutant";
            reached += report.mutation_reached;
            if (report.passed()) continue;
            std::cout << name << ": seed " << report.seed << ", " << report.violations.front() << "\n";
            EXPECT_GT(report.mutation_reached, 0) << "caught although its seam was never reached";
            return;
        }
    }
    ADD_FAILURE() << "not caught within " << max_seeds << " seeds; its seam was reached " << reached
                  << " times";
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, ::testing::ValuesIn(mutants().begin(), mutants().end()),
                         [](const auto& each) {
                             std::string name = each.param.name;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace stagedoor::simulation
