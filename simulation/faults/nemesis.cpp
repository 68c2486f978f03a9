#include "simulation/faults/nemesis.hpp"

#include <fmt/format.h>

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using Target = FaultKind::Target;

std::string random_replica(Marketplace& marketplace) {
    return marketplace.world.pick(marketplace.replicas())->machine();
}

std::string random_database(Marketplace& marketplace) {
    auto at = marketplace.databases().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(marketplace.world.below(marketplace.databases().size())));
    return at->first;
}

std::string random_replica_not_of(Marketplace& marketplace, const std::string& service) {
    auto machine = random_replica(marketplace);
    return marketplace.replica(machine).has(service) ? random_replica_not_of(marketplace, service) : machine;
}

// The machines that a replica communicates with.
std::vector<std::string> peers(Marketplace& marketplace, const Replica& replica) {
    std::vector<std::string> all{NatsServer::machine};
    for (const auto& service : replica.services()) all.push_back(marketplace.database(service).machine());
    all.emplace_back(Network::gateway);
    if (!marketplace.has_nodes && replica.has("client"))
        all.push_back(random_replica_not_of(marketplace, "client"));
    if (replica.has("payments")) all.emplace_back(provider_machine);
    if (replica.has("notifications")) all.emplace_back(MailServer::machine);
    if (marketplace.site.has_pictures && replica.has("tickets")) all.emplace_back(PictureServer::machine);
    return all;
}

std::pair<std::string, std::string> random_pair(Marketplace& marketplace) {
    const auto& replica = *marketplace.world.pick(marketplace.replicas());
    return {replica.machine(), marketplace.world.pick(peers(marketplace, replica))};
}

void choose_target(Marketplace& marketplace, const std::vector<std::string>& customers, PlannedFault& fault) {
    switch (fault.kind->target) {
        case Target::replica:
            fault.where = random_replica(marketplace);
            return;
        case Target::database:
            fault.where = random_database(marketplace);
            return;
        case Target::pair:
            std::tie(fault.where, fault.other) = random_pair(marketplace);
            return;
        case Target::customer:
            fault.where = marketplace.world.pick(customers);
            return;
        case Target::bus:
        case Target::none:
            return;
    }
}

}  // namespace

std::string PlannedFault::text() const {
    return fmt::format(
        "#{} at {:.3f} s: {}{}{}{}", number, static_cast<double>(at.count()) / 1e6, kind->name,
        where.empty() ? "" : ", " + where, other.empty() ? "" : " and " + other,
        lasts.count() > 0 ? fmt::format(", for {:.3f} s", static_cast<double>(lasts.count()) / 1e6) : "");
}

std::vector<PlannedFault> plan_faults(Marketplace& marketplace, const std::vector<std::string>& customers,
                                      Duration from, Duration until) {
    auto& world = marketplace.world;
    std::vector<const FaultKind*> mixture;
    for (const auto& kind : fault_kinds()) {
        for (auto weight = world.below(4); weight > 1; --weight) mixture.push_back(&kind);
    }
    std::vector<PlannedFault> plan;
    if (mixture.empty()) return plan;
    auto max_gap = world.between(1s, 8s);
    for (auto at = from;;) {
        at += world.between(10ms, max_gap);
        if (at >= until) return plan;
        const auto* kind = world.pick(mixture);
        PlannedFault fault{.number = static_cast<int>(plan.size()),
                           .kind = kind,
                           .at = at,
                           .lasts = world.between(kind->min, kind->max),
                           .where = {},
                           .other = {}};
        choose_target(marketplace, customers, fault);
        plan.push_back(std::move(fault));
    }
}

void schedule_faults(Marketplace& marketplace, const std::vector<PlannedFault>& plan,
                     const std::function<void(const std::string&)>& before_each) {
    auto& world = marketplace.world;
    auto nemesis = world.start_process("nemesis");
    for (const auto& fault : plan) {
        world.at(fault.at, nemesis, [&marketplace, fault, nemesis, before_each] {
            if (!marketplace.faults.is_active()) return;
            marketplace.faults.count(fault.kind->name);
            marketplace.world.note("nemesis", fault.text());
            before_each(fault.kind->name);
            fault.kind->begin(marketplace, fault);
            nemesis->after(fault.lasts, [&marketplace, fault] { fault.kind->end(marketplace, fault); });
        });
    }
    // The backups that a bus is restored from.
    for (auto at = Duration{5s}; at < 60s; at += 10s)
        world.at(at, nemesis, [&marketplace] { marketplace.nats.make_backup(); });
}

void end_all_faults(Marketplace& marketplace) {
    marketplace.network.heal_all();
    marketplace.nats.start();
    marketplace.nats.lost_deliveries = marketplace.nats.duplicates = marketplace.nats.lost_messages = 0;
    marketplace.mail.set_down(false);
    for (const auto& [name, server] : marketplace.databases()) {
        server->disk().full = server->disk().read_errors = server->disk().power_fails_at_fsync = false;
        server->lost_responses = 0;
        server->after_next_commit = nullptr;
        server->start();
        server->set_events_fail(false);
    }
    for (auto& replica : marketplace.replicas()) replica->set_clock_skew(0ms);
}

}  // namespace stagedoor::simulation
