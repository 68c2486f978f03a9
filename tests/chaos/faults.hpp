// What can happen to one part of the marketplace.
#pragma once

#include "tests/chaos/chaos_harness.hpp"

namespace stagedoor::testing {

[[nodiscard]] std::set<Action> all_but(std::initializer_list<Action> affected);
// The kinds of request that work without a service. None works without nodes.
[[nodiscard]] std::set<Action> unaffected_without(const std::string& service);

// In the short or in the long form of the tests.
[[nodiscard]] std::chrono::milliseconds short_or_long(std::chrono::milliseconds in_short,
                                                      std::chrono::milliseconds in_long);

// Of a service's replicas, or of the nodes: `unit` is "orders" or "node".
[[nodiscard]] ChaosHarness::Fault one_replica_killed(ChaosHarness& harness, const std::string& unit);
[[nodiscard]] ChaosHarness::Fault all_replicas_killed(ChaosHarness& harness, const std::string& unit);
[[nodiscard]] ChaosHarness::Fault one_replica_paused(ChaosHarness& harness, const std::string& unit);

[[nodiscard]] ChaosHarness::Fault postgres_killed(ChaosHarness& harness);
[[nodiscard]] ChaosHarness::Fault nats_killed(ChaosHarness& harness);
[[nodiscard]] ChaosHarness::Fault nats_wiped(ChaosHarness& harness);
// Backs up the store at the beginning and restores the outdated backup at the end.
[[nodiscard]] ChaosHarness::Fault nats_restored(ChaosHarness& harness);

}  // namespace stagedoor::testing
