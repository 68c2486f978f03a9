#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

using SeedAndMutation = std::pair<std::uint64_t, Mutation>;

// All reports so far: no run is repeated, since a seed gives the same one again.
std::map<SeedAndMutation, Report>& known_reports() {
    static std::map<SeedAndMutation, Report> reports;
    return reports;
}

// On all cores, those that are not known yet.
void run_all(const std::vector<SeedAndMutation>& wanted) {
    std::vector<Options> all;
    std::set<SeedAndMutation> new_ones;
    for (const auto& each : wanted) {
        if (known_reports().contains(each) || !new_ones.insert(each).second) continue;
        auto& options = all.emplace_back();
        options.seed = each.first;
        options.mutation = each.second;
    }
    auto reports = simulate_all(all, all_cores(), {});
    for (std::size_t i = 0; i < all.size(); ++i)
        known_reports()[{all[i].seed, all[i].mutation}] = std::move(reports[i]);
}

const Report& report_of(std::uint64_t seed, Mutation mutation = Mutation::none) {
    run_all({{seed, mutation}});
    return known_reports().at({seed, mutation});
}

// Together, as no core then waits for the last run of a test.
void run_what_every_test_needs(std::uint64_t seeds) {
    std::vector<SeedAndMutation> wanted;
    for (const auto& mutant : mutants()) {
        wanted.emplace_back(mutant.first_seed, mutant.mutation);
        wanted.emplace_back(mutant.first_seed, Mutation::none);
    }
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) wanted.emplace_back(seed, Mutation::none);
    run_all(wanted);
}

TEST(Seeds, keep_every_invariant_under_faults) {
    std::uint64_t count = std::getenv("STAGEDOOR_TEST_LONG") ? 2000 : 60;
    run_what_every_test_needs(count);
    std::map<std::string, std::int64_t> faults;
    std::uint64_t with_nodes = 0;
    std::int64_t orders = 0, paid = 0;
    for (std::uint64_t seed = 1; seed <= count; ++seed) {
        const auto& report = report_of(seed);
        for (const auto& line : report.violations)
            ADD_FAILURE() << "seed " << seed << ": " << line << "\nagain: stagedoor-simulate --seed " << seed;
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
    std::int64_t reached = 0;
    for (auto seed = first_seed; seed < first_seed + max_seeds; ++seed) {
        run_all({{seed, mutation}, {seed, Mutation::none}});
        const auto &report = report_of(seed, mutation), &without = report_of(seed);
        EXPECT_TRUE(without.passed()) << "seed " << seed << " without the mutant";
        reached += report.mutation_reached;
        if (report.passed()) continue;
        std::cout << name << ": seed " << seed << ", " << report.violations.front() << "\n";
        EXPECT_GT(report.mutation_reached, 0) << "caught although its seam was never reached";
        return;
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
