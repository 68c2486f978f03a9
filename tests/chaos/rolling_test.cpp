// A rolling restart of every replica, and of every node, under load: no request fails.
#include <signal.h>

#include <iostream>

#include "tests/chaos/chaos_harness.hpp"

namespace stagedoor::testing {
namespace {

void expect_rolling_restart_unnoticed(ChaosHarness& harness) {
    harness.traffic().reset_counts();
    for (auto& replica : harness.fleet().replicas()) {
        replica->process().signal(SIGTERM);
        EXPECT_EQ(replica->process().wait(15s).code, 0)
            << replica->name() << ": " << replica->process().errors();
        replica->launch();
        ASSERT_TRUE(becomes_true([&] { return replica->is_ready(); }, 20s)) << replica->process().errors();
    }
    long done = 0;
    for (auto doing : all_actions) {
        auto tries = harness.traffic().counts(doing);
        done += tries.done;
        EXPECT_EQ(tries.failed(), 0) << to_text(doing) << ": " << tries.unavailable << " × 5xx, "
                                     << tries.unanswered << " without a response, of " << tries.done;
    }
    std::cout << "rolling: " << harness.fleet().replicas().size()
              << " replicas restarted one after the other, " << done << " responses" << std::endl;
}

TEST(Rolling, every_replica_is_restarted_and_no_request_fails) {
    ChaosHarness harness{{}};
    expect_rolling_restart_unnoticed(harness);
}

TEST(Rolling, every_node_is_restarted_and_no_request_fails) {
    ChaosHarness harness{{.layout = fleet::Layout::nodes}};
    expect_rolling_restart_unnoticed(harness);
}

}  // namespace
}  // namespace stagedoor::testing
