// Each part fails alone, then several fail at random, under constant load. After each fault every 2xx
// response was kept, every invariant holds and all projections have converged; requests that don't need the
// failed part never failed.
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/chaos/faults.hpp"

namespace stagedoor::testing {
namespace {

using enum Action;

TEST(Chaos, each_part_fails_alone) {
    ChaosHarness harness{{}};
    for (const auto& service : service_names()) harness.inject(one_replica_killed(harness, service));
    for (const auto& service : service_names()) harness.inject(all_replicas_killed(harness, service));
    harness.inject(nats_killed(harness));
    harness.inject(nats_wiped(harness));
    harness.inject(nats_restored(harness));
    harness.inject(postgres_killed(harness));
    for (const auto* service : {"orders", "payments", "tickets"})
        harness.inject(one_replica_paused(harness, service));
}

TEST(Chaos, connections_are_cut_delayed_or_stalled) {
    ChaosHarness harness{{.proxies = true}};
    auto each = [&harness](std::string from, std::string to, std::function<void(FaultProxy&)> act) {
        return [&harness, from, to, act] {
            for (auto* proxy : harness.proxies(from, to)) act(*proxy);
        };
    };
    struct Link {
        std::string from, to;
        std::set<Action> unaffected;
    };
    const std::vector<Link> links{{"orders", "postgres", unaffected_without("orders")},
                                  {"payments", "postgres", unaffected_without("payments")},
                                  {"tickets", "postgres", unaffected_without("tickets")},
                                  {"orders", "nats", all_but({hold, pay})},
                                  {"payments", "nats", all_but({pay})},
                                  {"", "nats", {page, search, list}},
                                  {"gateway", "orders-1", unaffected_without("orders")},
                                  {"client", "", all_but({page})}};
    for (const auto& [from, to, unaffected] : links) {
        auto names = (from.empty() ? "all" : from) + " to " + (to.empty() ? "all" : to);
        auto heal = each(from, to, [](FaultProxy& proxy) { proxy.heal(); });
        auto heal_and_cut = each(from, to, [](FaultProxy& proxy) {
            proxy.heal();
            proxy.cut();  // connections that stalled are not resumed
        });
        harness.inject({.name = names + ": cut off",
                        .begin = each(from, to,
                                      [](FaultProxy& proxy) {
                                          proxy.refuse(true);
                                          proxy.cut();
                                      }),
                        .end = heal,
                        .unaffected = unaffected,
                        .lasts = short_or_long(1s, 10s)});
        harness.inject({.name = names + ": delayed by 50 ms",
                        .begin = each(from, to, [](FaultProxy& proxy) { proxy.delay(50ms); }),
                        .end = heal,
                        .unaffected = unaffected,
                        .lasts = short_or_long(1s, 10s)});
        harness.inject({.name = names + ": stalled",
                        .begin = each(from, to, [](FaultProxy& proxy) { proxy.stall(true); }),
                        .end = heal_and_cut,
                        .unaffected = unaffected,
                        .lasts = short_or_long(2s, 15s)});
    }
}

TEST(Chaos, a_nats_cluster_node_fails) {
    ChaosHarness harness{{.nats_cluster = true}};
    for (std::size_t i = 0; i < (is_long() ? 3u : 1u); ++i) {
        harness.inject({.name = "NATS cluster node " + std::to_string(i + 1) + " killed",
                        .begin = [&harness, i] { harness.fleet().nats()[i]->kill(); },
                        .end = [&harness, i] { harness.fleet().nats()[i]->start(); },
                        .unaffected = {page, search, list},
                        .lasts = short_or_long(5s, 20s)});
    }
}

// Two or three faults at a time.
TEST(Chaos, parts_fail_at_random) {
    ChaosHarness harness{{}};
    std::mt19937_64 random{seed()};
    auto deadline = std::chrono::steady_clock::now() + short_or_long(30s, 10min);
    while (std::chrono::steady_clock::now() < deadline && !HasFailure()) {
        std::vector<ChaosHarness::Fault> faults;
        for (std::size_t i = 0; i < 2 + random() % 2; ++i) {
            auto service = service_names()[random() % service_names().size()];
            switch (random() % 6) {
                case 0:
                    faults.push_back(one_replica_killed(harness, service));
                    break;
                case 1:
                    faults.push_back(all_replicas_killed(harness, service));
                    break;
                case 2:
                    faults.push_back(one_replica_paused(harness, service));
                    break;
                case 3:
                    faults.push_back(nats_killed(harness));
                    break;
                case 4:
                    faults.push_back(nats_wiped(harness));
                    break;
                case 5:
                    faults.push_back(postgres_killed(harness));
                    break;
            }
        }
        // At most one fault per part: a dead process can't be killed again.
        std::set<std::string> parts;
        std::erase_if(faults, [&](const ChaosHarness::Fault& fault) {
            auto part =
                fault.name.starts_with("NATS") ? "NATS" : fault.name.substr(0, fault.name.find(" paused"));
            auto of = part.find(" of ");
            return !parts.insert(of == std::string::npos ? part : part.substr(of + 4, 6)).second;
        });
        // Servers recover first: a replica that can't reach its database at start exits.
        std::ranges::partition(faults, [](const ChaosHarness::Fault& fault) {
            return fault.name.starts_with("PostgreSQL") || fault.name.starts_with("NATS");
        });
        std::string name;
        for (const auto& fault : faults) name += (name.empty() ? "" : " + ") + fault.name;
        harness.inject({.name = name,
                        .begin =
                            [&] {
                                for (const auto& fault : faults) fault.begin();
                            },
                        .end =
                            [&] {
                                for (const auto& fault : faults) fault.end();
                            },
                        .lasts = std::chrono::milliseconds{500 + random() % 2500}});
    }
}

}  // namespace
}  // namespace stagedoor::testing
