#include "tests/chaos/faults.hpp"

#include <signal.h>

namespace stagedoor::testing {

namespace {

const std::set<Action> everything{all_actions.begin(), all_actions.end()};

// Without the bus, reads and new listings still work. A payment needs events between orders and payments,
// which a node delivers by itself.
std::set<Action> unaffected_without_nats(const ChaosHarness& harness) {
    return harness.has_nodes() ? everything : std::set{Action::page, Action::search, Action::list};
}

}  // namespace

std::set<Action> all_but(std::initializer_list<Action> affected) {
    auto left = everything;
    for (auto each : affected) left.erase(each);
    return left;
}

// Sessions are verified without auth; services that only receive events affect no requests.
std::set<Action> unaffected_without(const std::string& service) {
    if (service == "node") return {};
    if (service == "tickets") return all_but({Action::search, Action::list});
    if (service == "orders") return all_but({Action::hold, Action::pay});
    if (service == "payments") return all_but({Action::pay});
    if (service == "client") return all_but({Action::page});
    return everything;
}

std::chrono::milliseconds short_or_long(std::chrono::milliseconds in_short,
                                        std::chrono::milliseconds in_long) {
    return is_long() ? in_long : in_short;
}

ChaosHarness::Fault one_replica_killed(ChaosHarness& harness, const std::string& unit) {
    return {.name = "one replica of " + unit + " killed",
            .begin = [&harness, unit] { harness.kill({harness.fleet().replicas_of(unit).front()}); },
            .end = [&harness] { harness.start_dead_replicas(); },
            .unaffected = unaffected_without(unit),
            .lasts = short_or_long(1s, 10s)};
}

ChaosHarness::Fault all_replicas_killed(ChaosHarness& harness, const std::string& unit) {
    return {.name = "all replicas of " + unit + " killed",
            .begin = [&harness, unit] { harness.kill(harness.fleet().replicas_of(unit)); },
            .end = [&harness] { harness.start_dead_replicas(); },
            .unaffected = unaffected_without(unit),
            .lasts = short_or_long(2s, 10s)};
}

ChaosHarness::Fault one_replica_paused(ChaosHarness& harness, const std::string& unit) {
    auto signal = [&harness, unit](int number) {
        harness.fleet().replicas_of(unit).back()->process().signal(number);
    };
    return {.name = "one replica of " + unit + " paused (SIGSTOP)",
            .begin = [signal] { signal(SIGSTOP); },
            .end = [signal] { signal(SIGCONT); },
            .unaffected = unaffected_without(unit),
            .lasts = short_or_long(4s, 60s)};
}

ChaosHarness::Fault postgres_killed(ChaosHarness& harness) {
    return {.name = "PostgreSQL killed",
            .begin = [&harness] { harness.fleet().postgres().kill(); },
            .end = [&harness] { harness.fleet().postgres().start(); },
            .lasts = short_or_long(1s, 10s)};
}

ChaosHarness::Fault nats_killed(ChaosHarness& harness) {
    return {.name = "NATS killed",
            .begin = [&harness] { harness.fleet().nats().front()->kill(); },
            .end = [&harness] { harness.fleet().nats().front()->start(); },
            .unaffected = unaffected_without_nats(harness),
            .lasts = short_or_long(2s, 20s)};
}

ChaosHarness::Fault nats_wiped(ChaosHarness& harness) {
    return {.name = "NATS killed and its store wiped",
            .begin =
                [&harness] {
                    harness.fleet().nats().front()->kill();
                    harness.fleet().nats().front()->wipe();
                },
            .end = [&harness] { harness.fleet().nats().front()->start(); },
            .unaffected = unaffected_without_nats(harness),
            .lasts = short_or_long(1s, 10s)};
}

ChaosHarness::Fault nats_restored(ChaosHarness& harness) {
    auto backup = std::make_shared<runtime::TemporaryFolder>();
    auto& server = *harness.fleet().nats().front();
    return {.name = "NATS restored from an outdated backup",
            .begin =
                [&server, backup] {
                    server.stop();
                    std::filesystem::copy(server.store(), backup->path() / "store",
                                          std::filesystem::copy_options::recursive);
                    server.start();
                },
            .end =
                [&server, backup] {
                    server.kill();
                    server.wipe();
                    std::filesystem::copy(backup->path() / "store", server.store(),
                                          std::filesystem::copy_options::recursive);
                    server.start();
                },
            .lasts = short_or_long(4s, 60s)};
}

}  // namespace stagedoor::testing
