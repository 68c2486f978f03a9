// The distributed marketplace under traffic, with something that can be broken between all its parts.
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

// Long runs, of minutes a fault, are wished for (STAGEDOOR_TEST_LONG).
[[nodiscard]] bool is_long();

class City {
  public:
    struct Options {
        bool nats_cluster = false;
        bool proxies = false;  // between every part and the servers and services that it asks
        Variables environment = {};
    };
    explicit City(Options options);
    ~City();

    [[nodiscard]] Fleet& fleet() { return *fleet_; }
    [[nodiscard]] Traffic& traffic() { return *traffic_; }
    // Between those whose names begin so: proxies("orders", "postgres").
    [[nodiscard]] std::vector<FaultProxy*> proxies(const std::string& from, const std::string& to);

    // A fault, and its end; and those doings that it must not disturb at all.
    struct Fault {
        std::string name;
        std::function<void()> begin, end;
        std::set<Doing> undisturbed = {};
        std::chrono::milliseconds lasts = std::chrono::seconds{2};
    };
    // Lets the fault happen under traffic, waits until everything works again, then pauses the traffic, and looks whether
    // every answer is kept, every invariant holds and every copy agrees. Prints how long that took.
    void suffer(const Fault& fault);

    // The parts that are named so and run are killed; or all that don't run are started.
    void kill(const std::vector<fleet::Copy*>& copies);
    void start_dead_copies();

  private:
    void expect_undisturbed(const Fault& fault);
    void expect_sound(const std::string& after);

    runtime::TemporaryFolder folder_;
    std::map<std::string, std::unique_ptr<FaultProxy>> proxies_;
    std::unique_ptr<Fleet> fleet_;
    std::unique_ptr<Databases> databases_;
    std::unique_ptr<Traffic> traffic_;
};

}  // namespace stagedoor::testing
