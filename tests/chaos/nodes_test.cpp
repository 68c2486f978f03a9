// Nodes with all services, under the same load. They sell while NATS is away.
#include "tests/chaos/faults.hpp"

namespace stagedoor::testing {
namespace {

TEST(Nodes, fail_alone_and_sell_without_nats) {
    ChaosHarness harness{{.layout = fleet::Layout::nodes}};
    harness.inject(nats_killed(harness));
    harness.inject(nats_wiped(harness));
    harness.inject(one_replica_killed(harness, "node"));
    harness.inject(all_replicas_killed(harness, "node"));
    harness.inject(postgres_killed(harness));
    if (!is_long()) return;
    harness.inject(nats_restored(harness));
    harness.inject(one_replica_paused(harness, "node"));
}

}  // namespace
}  // namespace stagedoor::testing
