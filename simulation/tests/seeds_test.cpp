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

std::vector<Options> histories(std::uint64_t first, std::uint64_t count, const std::string& plant = {}) {
    std::vector<Options> all;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        auto& options = all.emplace_back();
        options.seed = seed;
        options.plant = plant;
    }
    return all;
}

TEST(Seeds, every_invariant_holds_whatever_goes_wrong) {
    std::uint64_t count = std::getenv("STAGEDOOR_TEST_LONG") ? 2000 : 100;
    std::map<std::string, std::int64_t> faults;
    std::int64_t orders = 0, paid = 0;
    for (const auto& report : simulate_all(histories(1, count), all_cores(), {})) {
        for (const auto& line : report.broken)
            ADD_FAILURE() << "seed " << report.seed << ": " << line << "\nagain: stagedoor-simulate --seed "
                          << report.seed;
        for (const auto& [kind, times] : report.faults) faults[kind] += times;
        orders += report.orders;
        paid += report.paid;
    }
    EXPECT_GT(orders, 20 * count);
    EXPECT_GT(paid, 10 * count);
    EXPECT_GE(faults.size(), 37) << "some kinds of faults are injected never";
}

class Plants : public ::testing::TestWithParam<std::string> {};

TEST_P(Plants, is_caught) {
    constexpr std::uint64_t most = 200;  // what needs two rare things at once is found in few
    auto at_once = static_cast<std::uint64_t>(2 * all_cores());
    for (std::uint64_t seed = 1; seed <= most; seed += at_once) {
        for (const auto& report : simulate_all(histories(seed, at_once, GetParam()), all_cores(), {})) {
            if (report.broken.empty()) continue;
            std::cout << GetParam() << ": seed " << report.seed << ", " << report.broken.front() << "\n";
            EXPECT_TRUE(simulate_apart(histories(report.seed, 1).front()).broken.empty())
                << "without the plant";
            return;
        }
    }
    ADD_FAILURE() << "not in " << most << " histories";
}

std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& [name, meaning] : plants()) all.push_back(name);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Every, Plants, ::testing::ValuesIn(names()), [](const auto& each) {
    auto name = each.param;
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace stagedoor::simulation
