// The distributed marketplace under load, with faults injected into its parts and into the connections
// between them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fleet/fleet.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/model/workload.hpp"
#include "testing/processes/process.hpp"
#include "testing/seed.hpp"
#include "testing/servers/fault_proxy.hpp"

namespace stagedoor::testing {

// STAGEDOOR_TEST_LONG is set: faults last for minutes.
[[nodiscard]] bool is_long();

class ChaosHarness {
  public:
    struct Options {
        fleet::Layout layout = fleet::Layout::process_per_service;
        bool nats_cluster = false;
        bool proxies = false;  // a fault proxy in front of every server and service, per caller
        Variables environment = {};
    };
    explicit ChaosHarness(Options options);
    ~ChaosHarness();

    [[nodiscard]] Fleet& fleet() { return *fleet_; }
    [[nodiscard]] bool has_nodes() const { return layout_ == fleet::Layout::nodes; }
    [[nodiscard]] Workload& traffic() { return *traffic_; }
    // Proxies by prefix of the caller's and the callee's name: proxies("orders", "postgres").
    [[nodiscard]] std::vector<FaultProxy*> proxies(const std::string& from, const std::string& to);

    // How a fault begins and ends, and the kinds of request that must not fail while it lasts.
    struct Fault {
        std::string name;
        std::function<void()> begin, end;
        std::set<Action> unaffected = {};
        std::chrono::milliseconds lasts = std::chrono::seconds{2};
    };
    // Injects the fault under load and waits until every kind of request succeeds again. Then it pauses the
    // load and checks that every 2xx response was kept, every invariant holds and all projections converge.
    // Prints how long each step took.
    void inject(const Fault& fault);

    // SIGKILL; returns once they have exited.
    void kill(const std::vector<fleet::Replica*>& replicas);
    // Starts every replica that isn't running.
    void start_dead_replicas();

  private:
    void expect_unaffected(const Fault& fault);
    void expect_consistent(const std::string& after);

    fleet::Layout layout_;
    runtime::TemporaryFolder folder_;
    std::map<std::string, std::unique_ptr<FaultProxy>> proxies_;
    std::unique_ptr<Fleet> fleet_;
    std::unique_ptr<Databases> databases_;
    std::unique_ptr<Workload> traffic_;
};

}  // namespace stagedoor::testing
