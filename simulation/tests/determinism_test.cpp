#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/runtime/log.hpp"
#include "common/runtime/random.hpp"
#include "common/security/sealed.hpp"
#include "simulation/batch.hpp"

namespace stagedoor::simulation {
namespace {

const bool quiet = [] {
    log::start(log::Level::off);
    return true;
}();

Options run_of(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.length = std::chrono::seconds{15};
    return options;
}

TEST(Determinism, a_seed_gives_the_same_run_within_a_process) {
    auto first = simulate(run_of(7)), second = simulate(run_of(7));
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_GT(first.orders, 0);
}

TEST(Determinism, a_seed_gives_the_same_run_in_every_process) {
    auto here = simulate(run_of(8));
    auto there = simulate_all({run_of(8), run_of(8)}, 2, {});
    EXPECT_EQ(there[0].hash, here.hash);
    EXPECT_EQ(there[1].hash, here.hash);
}

TEST(Determinism, another_seed_gives_another_run) {
    std::set<std::string> hashes;
    for (const auto& report : simulate_all({run_of(1), run_of(2), run_of(3), run_of(4)}, 2, {}))
        hashes.insert(report.hash);
    EXPECT_EQ(hashes.size(), 4);
}

// Tracing changes the memory layout: nothing may depend on addresses.
TEST(Determinism, a_traced_run_is_the_same) {
    std::vector<Options> all;
    for (std::uint64_t seed = 9; seed < 15; ++seed) {
        for (auto lines : {0, 100'000}) {
            auto& options = all.emplace_back();
            options.seed = seed;
            options.trace_lines = static_cast<std::size_t>(lines);
        }
    }
    auto reports = simulate_all(all, 2, {});
    for (std::size_t i = 0; i < reports.size(); i += 2)
        EXPECT_EQ(reports[i].hash, reports[i + 1].hash) << "seed " << reports[i].seed;
}

// Their keys are derived at once (simulation/servers/plain_passwords.cpp), but not all alike.
TEST(SealedSecrets, open_only_with_their_own) {
    runtime::SeededRandom random{1};
    auto sealed = security::seal("the private key", "k1", "secret", random);
    EXPECT_EQ(security::unseal(sealed, "k1", "secret"), "the private key");
    EXPECT_EQ(security::unseal(sealed, "k1", "Secret"), std::nullopt);
    EXPECT_NE(security::seal("the private key", "k1", "secret", random), sealed);
}

}  // namespace
}  // namespace stagedoor::simulation
