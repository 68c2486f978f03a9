#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/runtime/log.hpp"
#include "simulation/batch.hpp"

namespace stagedoor::simulation {
namespace {

const bool quiet = [] {
    log::start(log::Level::off);
    return true;
}();

Options history(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.length = std::chrono::seconds{15};
    return options;
}

TEST(Determinism, one_seed_gives_one_history_within_a_process) {
    auto first = simulate(history(7)), second = simulate(history(7));
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_GT(first.orders, 0);
}

TEST(Determinism, one_seed_gives_one_history_in_every_process) {
    auto here = simulate(history(8));
    auto there = simulate_all({history(8), history(8)}, 2, {});
    EXPECT_EQ(there[0].hash, here.hash);
    EXPECT_EQ(there[1].hash, here.hash);
}

TEST(Determinism, another_seed_gives_another_history) {
    std::set<std::string> hashes;
    for (const auto& report : simulate_all({history(1), history(2), history(3), history(4)}, 2, {}))
        hashes.insert(report.hash);
    EXPECT_EQ(hashes.size(), 4);
}

// The memory of the process is another then: nothing may go by addresses.
TEST(Determinism, a_history_is_the_same_when_it_is_written_down) {
    std::vector<Options> all;
    for (std::uint64_t seed = 9; seed < 21; ++seed) {
        for (auto lines : {0, 100'000}) {
            auto& options = all.emplace_back();
            options.seed = seed;
            options.kept_lines = static_cast<std::size_t>(lines);
        }
    }
    auto reports = simulate_all(all, 2, {});
    for (std::size_t i = 0; i < reports.size(); i += 2)
        EXPECT_EQ(reports[i].hash, reports[i + 1].hash) << "seed " << reports[i].seed;
}

}  // namespace
}  // namespace stagedoor::simulation
