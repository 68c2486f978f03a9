#include "simulation/faults/fault_kinds.hpp"

#include <array>

#include "simulation/faults/nemesis.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using Target = FaultKind::Target;

void ends_by_itself(Marketplace& /*marketplace*/, const PlannedFault& /*fault*/) {}

// ---- replicas

void kill_replica(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.replica(fault.where).crash();
}

void kill_replica_at_commit(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).after_next_commit = [&marketplace](const std::string& machine) {
        marketplace.replica(machine).crash();
    };
}
void spare_replica_at_commit(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).after_next_commit = nullptr;
}

void restart_replica(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.replica(fault.where).restart();
}

void pause_replica(Marketplace& marketplace, const PlannedFault& fault) {
    auto& replica = marketplace.replica(fault.where);
    if (replica.is_running()) replica.process()->pause_until(marketplace.world.now() + fault.lasts);
}

void skew_clock(Marketplace& marketplace, const PlannedFault& fault, std::chrono::milliseconds max) {
    auto skew = marketplace.world.below(static_cast<std::uint64_t>(2 * max.count()));
    marketplace.replica(fault.where).set_clock_skew(std::chrono::milliseconds{skew} - max);
}
void skew_clock_by_seconds(Marketplace& marketplace, const PlannedFault& fault) {
    skew_clock(marketplace, fault, 3s);
}
void skew_clock_by_minutes(Marketplace& marketplace, const PlannedFault& fault) {
    skew_clock(marketplace, fault, 120s);
}
void correct_clock(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.replica(fault.where).set_clock_skew(0ms);
}

// ---- databases

void cut_power(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).crash();
}
void cut_power_at_fsync(Marketplace& marketplace, const PlannedFault& fault) {
    auto& server = marketplace.database(fault.where);
    server.disk().on_power_failure = [&server] { server.crash(); };
    server.disk().power_fails_at_fsync = true;
}
void restore_power(Marketplace& marketplace, const PlannedFault& fault) {
    auto& server = marketplace.database(fault.where);
    server.disk().power_fails_at_fsync = false;
    server.start();
}

void fill_disk(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).disk().full = true;
}
void free_disk(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).disk().full = false;
}

void break_disk_reads(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).disk().read_errors = true;
}
void repair_disk_reads(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).disk().read_errors = false;
}

void lose_commit_responses(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).lost_responses = 0.2;
}
void deliver_commit_responses(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).lost_responses = 0;
}

void fail_events(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).set_events_fail(true);
}
void apply_events_again(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.database(fault.where).set_events_fail(false);
}

// ---- the bus

template <NatsServer::Keeps keeps>
void kill_bus(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.nats.crash(keeps);
}
void start_bus(Marketplace& marketplace, const PlannedFault& /*fault*/) { marketplace.nats.start(); }

void lose_consumer(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.nats.lose_a_consumer();
}
void silence_consumer(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.nats.silence_a_consumer();
}
void lose_stream(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.nats.lose_a_stream();
}

// ---- the network and the mail server

void partition(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.cut(fault.where, fault.other);
}
void heal_partition(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.heal(fault.where, fault.other);
}

void cut_off_customer(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.cut(fault.where, Network::internet);
}
void reconnect_customer(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.heal(fault.where, Network::internet);
}

void cut_off_all_customers(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.network.cut(Network::internet, Network::gateway);
}
void reconnect_all_customers(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.network.heal(Network::internet, Network::gateway);
}

void slow_down_machine(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.slow_down(fault.where);
}
void restore_machine_speed(Marketplace& marketplace, const PlannedFault& fault) {
    marketplace.network.restore_speed(fault.where);
}

void take_mail_server_down(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.mail.set_down(true);
}
void bring_mail_server_up(Marketplace& marketplace, const PlannedFault& /*fault*/) {
    marketplace.mail.set_down(false);
}

using Keeps = NatsServer::Keeps;

constexpr std::array kinds{
    FaultKind{"replica killed", Target::replica, 0s, 0s, kill_replica, ends_by_itself},
    FaultKind{"replica killed at a commit", Target::database, 2s, 2s, kill_replica_at_commit,
              spare_replica_at_commit},
    FaultKind{"replica restarted", Target::replica, 0s, 0s, restart_replica, ends_by_itself},
    FaultKind{"database power cut", Target::database, 100ms, 6s, cut_power, restore_power},
    FaultKind{"power cut between write and fsync", Target::database, 100ms, 6s, cut_power_at_fsync,
              restore_power},
    FaultKind{"disk full", Target::database, 200ms, 4s, fill_disk, free_disk},
    FaultKind{"disk read errors", Target::database, 200ms, 4s, break_disk_reads, repair_disk_reads},
    FaultKind{"commit responses lost", Target::database, 1s, 6s, lose_commit_responses,
              deliver_commit_responses},
    FaultKind{"event handlers fail", Target::database, 200ms, 3s, fail_events, apply_events_again},
    FaultKind{"bus killed", Target::bus, 100ms, 6s, kill_bus<Keeps::all>, start_bus},
    FaultKind{"bus loses its tail", Target::bus, 100ms, 6s, kill_bus<Keeps::synced>, start_bus},
    FaultKind{"bus loses everything", Target::bus, 100ms, 6s, kill_bus<Keeps::nothing>, start_bus},
    FaultKind{"bus restored from an older backup", Target::bus, 100ms, 6s, kill_bus<Keeps::backup>,
              start_bus},
    FaultKind{"bus loses a consumer", Target::bus, 0s, 0s, lose_consumer, ends_by_itself},
    FaultKind{"bus consumer falls silent", Target::bus, 0s, 0s, silence_consumer, ends_by_itself},
    FaultKind{"bus loses a stream", Target::bus, 0s, 0s, lose_stream, ends_by_itself},
    FaultKind{"partition", Target::pair, 200ms, 8s, partition, heal_partition},
    FaultKind{"customer cut off", Target::customer, 200ms, 6s, cut_off_customer, reconnect_customer},
    FaultKind{"all customers cut off", Target::none, 200ms, 3s, cut_off_all_customers,
              reconnect_all_customers},
    FaultKind{"slow machine", Target::replica, 500ms, 6s, slow_down_machine, restore_machine_speed},
    FaultKind{"replica paused", Target::replica, 500ms, 12s, pause_replica, ends_by_itself},
    FaultKind{"clock off by seconds", Target::replica, 1s, 15s, skew_clock_by_seconds, correct_clock},
    FaultKind{large_clock_skew, Target::replica, 1s, 15s, skew_clock_by_minutes, correct_clock},
    FaultKind{"mail server down", Target::none, 1s, 10s, take_mail_server_down, bring_mail_server_up},
};

}  // namespace

std::span<const FaultKind> fault_kinds() { return kinds; }

}  // namespace stagedoor::simulation
