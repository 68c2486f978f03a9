#include "simulation/faults/nemesis.hpp"

#include <fmt/format.h>

#include <array>

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

struct Kind {
    Fault what;
    const char* name;
    enum class Where { copy, database, nats, two, person, none } where;
    Duration least, most;  // how long it lasts
};

constexpr std::array kinds{
    Kind{Fault::kill, "a copy is killed", Kind::Where::copy, 0s, 0s},
    Kind{Fault::kill_at_commit, "a copy is killed at a commit", Kind::Where::database, 2s, 2s},
    Kind{Fault::restart, "a copy is restarted", Kind::Where::copy, 0s, 0s},
    Kind{Fault::power_cut, "power cut of a database", Kind::Where::database, 100ms, 6s},
    Kind{Fault::power_cut_at_sync, "power cut between write and fsync", Kind::Where::database, 100ms, 6s},
    Kind{Fault::disk_full, "disk full", Kind::Where::database, 200ms, 4s},
    Kind{Fault::disk_fails_to_read, "disk fails to read", Kind::Where::database, 200ms, 4s},
    Kind{Fault::answers_lost, "answers to commits lost", Kind::Where::database, 1s, 6s},
    Kind{Fault::bus_killed, "bus killed", Kind::Where::nats, 100ms, 6s},
    Kind{Fault::bus_loses_tail, "bus loses its tail", Kind::Where::nats, 100ms, 6s},
    Kind{Fault::bus_loses_all, "bus loses everything", Kind::Where::nats, 100ms, 6s},
    Kind{Fault::bus_put_back, "bus put back to an older copy", Kind::Where::nats, 100ms, 6s},
    Kind{Fault::partition, "partition", Kind::Where::two, 200ms, 8s},
    Kind{Fault::person_cut_off, "a person is cut off", Kind::Where::person, 200ms, 6s},
    Kind{Fault::all_cut_off, "nobody gets through", Kind::Where::none, 200ms, 3s},
    Kind{Fault::slow_machine, "slow machine", Kind::Where::copy, 500ms, 6s},
    Kind{Fault::stuck, "a copy stands still", Kind::Where::copy, 500ms, 12s},
    Kind{Fault::clock_set, "clock set", Kind::Where::copy, 1s, 15s},
    Kind{Fault::clock_set_far, "clock set wrong by minutes", Kind::Where::copy, 1s, 15s},
    Kind{Fault::mail_away, "mail server away", Kind::Where::none, 1s, 10s},
};

const Kind& kind_of(Fault what) { return kinds.at(static_cast<std::size_t>(what)); }

std::string some_copy(Marketplace& marketplace) {
    return marketplace.world.one_of(marketplace.nodes())->machine();
}

std::string some_database(Marketplace& marketplace) {
    auto at = marketplace.databases().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(marketplace.world.below(marketplace.databases().size())));
    return at->first;
}

std::string some_other_service(Marketplace& marketplace, const std::string& than) {
    auto machine = some_copy(marketplace);
    return marketplace.node(machine).service() == than ? some_other_service(marketplace, than) : machine;
}

// What a copy talks to.
std::vector<std::string> neighbours(Marketplace& marketplace, const Node& node) {
    std::vector<std::string> all{NatsServer::machine, marketplace.database(node.service()).machine(),
                                 Network::gateway};
    if (node.service() == "client") all.push_back(some_other_service(marketplace, "client"));
    if (node.service() == "payments") all.emplace_back(provider_machine);
    if (node.service() == "notifications") all.emplace_back(MailServer::machine);
    return all;
}

std::pair<std::string, std::string> some_pair(Marketplace& marketplace) {
    const auto& node = *marketplace.world.one_of(marketplace.nodes());
    return {node.machine(), marketplace.world.one_of(neighbours(marketplace, node))};
}

void set_clock(Marketplace& marketplace, const std::string& where, std::chrono::milliseconds most) {
    auto wrong = marketplace.world.below(static_cast<std::uint64_t>(2 * most.count()));
    marketplace.node(where).be_wrong_by(std::chrono::milliseconds{wrong} - most);
}

void begin(Marketplace& marketplace, const PlannedFault& planned) {
    auto& world = marketplace.world;
    switch (planned.what) {
        case Fault::kill:
            return marketplace.node(planned.where).crash();
        case Fault::kill_at_commit:
            marketplace.database(planned.where).after_next_commit = [&marketplace](const std::string& copy) {
                marketplace.node(copy).crash();
            };
            return;
        case Fault::restart:
            return marketplace.node(planned.where).restart();
        case Fault::power_cut:
            return marketplace.database(planned.where).crash();
        case Fault::power_cut_at_sync: {
            auto& server = marketplace.database(planned.where);
            server.disk().power_went = [&server] { server.crash(); };
            server.disk().power_goes_at_sync = true;
            return;
        }
        case Fault::disk_full:
            marketplace.database(planned.where).disk().full = true;
            return;
        case Fault::disk_fails_to_read:
            marketplace.database(planned.where).disk().fails_to_read = true;
            return;
        case Fault::answers_lost:
            marketplace.database(planned.where).lost_answers = 0.2;
            return;
        case Fault::bus_killed:
            return marketplace.nats.crash(NatsServer::Keeps::all);
        case Fault::bus_loses_tail:
            return marketplace.nats.crash(NatsServer::Keeps::synced);
        case Fault::bus_loses_all:
            return marketplace.nats.crash(NatsServer::Keeps::nothing);
        case Fault::bus_put_back:
            return marketplace.nats.crash(NatsServer::Keeps::copy);
        case Fault::partition:
            return marketplace.network.cut(planned.where, planned.other);
        case Fault::person_cut_off:
            return marketplace.network.cut(planned.where, Network::internet);
        case Fault::all_cut_off:
            return marketplace.network.cut(Network::internet, Network::gateway);
        case Fault::slow_machine:
            return marketplace.network.slow_down(planned.where);
        case Fault::stuck:
            if (auto& node = marketplace.node(planned.where); node.is_running())
                node.life()->stand_still_until(world.now() + planned.lasts);
            return;
        case Fault::clock_set:
            return set_clock(marketplace, planned.where, 3s);
        case Fault::clock_set_far:
            return set_clock(marketplace, planned.where, 120s);
        case Fault::mail_away:
            return marketplace.mail.set_away(true);
    }
}

void end(Marketplace& marketplace, const PlannedFault& planned) {
    switch (planned.what) {
        case Fault::kill:
        case Fault::restart:
        case Fault::stuck:
            return;  // end by themselves
        case Fault::kill_at_commit:
            marketplace.database(planned.where).after_next_commit = nullptr;
            return;
        case Fault::power_cut:
        case Fault::power_cut_at_sync: {
            auto& server = marketplace.database(planned.where);
            server.disk().power_goes_at_sync = false;
            return server.start();
        }
        case Fault::disk_full:
            marketplace.database(planned.where).disk().full = false;
            return;
        case Fault::disk_fails_to_read:
            marketplace.database(planned.where).disk().fails_to_read = false;
            return;
        case Fault::answers_lost:
            marketplace.database(planned.where).lost_answers = 0;
            return;
        case Fault::bus_killed:
        case Fault::bus_loses_tail:
        case Fault::bus_loses_all:
        case Fault::bus_put_back:
            return marketplace.nats.start();
        case Fault::partition:
            return marketplace.network.mend(planned.where, planned.other);
        case Fault::person_cut_off:
            return marketplace.network.mend(planned.where, Network::internet);
        case Fault::all_cut_off:
            return marketplace.network.mend(Network::internet, Network::gateway);
        case Fault::slow_machine:
            return marketplace.network.speed_up(planned.where);
        case Fault::clock_set:
        case Fault::clock_set_far:
            return marketplace.node(planned.where).be_wrong_by(std::chrono::milliseconds{0});
        case Fault::mail_away:
            return marketplace.mail.set_away(false);
    }
}

}  // namespace

std::string PlannedFault::text() const {
    return fmt::format(
        "#{} at {:.3f} s: {}{}{}{}", number, static_cast<double>(at.count()) / 1e6, kind_of(what).name,
        where.empty() ? "" : ", " + where, other.empty() ? "" : " and " + other,
        lasts.count() > 0 ? fmt::format(", for {:.3f} s", static_cast<double>(lasts.count()) / 1e6) : "");
}

std::vector<PlannedFault> plan_faults(Marketplace& marketplace, const std::vector<std::string>& people,
                                      Duration from, Duration until) {
    auto& world = marketplace.world;
    std::vector<Kind> mixture;
    for (const auto& kind : kinds) {
        for (auto often = world.below(4); often > 1; --often) mixture.push_back(kind);
    }
    std::vector<PlannedFault> plan;
    if (mixture.empty()) return plan;
    auto longest_quiet = world.between(1s, 8s);
    for (auto at = from;;) {
        at += world.between(10ms, longest_quiet);
        if (at >= until) return plan;
        const auto& kind = world.one_of(mixture);
        PlannedFault planned{.number = static_cast<int>(plan.size()),
                             .what = kind.what,
                             .at = at,
                             .lasts = world.between(kind.least, kind.most),
                             .where = {},
                             .other = {}};
        if (kind.where == Kind::Where::copy) planned.where = some_copy(marketplace);
        if (kind.where == Kind::Where::database) planned.where = some_database(marketplace);
        if (kind.where == Kind::Where::two) std::tie(planned.where, planned.other) = some_pair(marketplace);
        if (kind.where == Kind::Where::person) planned.where = world.one_of(people);
        plan.push_back(std::move(planned));
    }
}

void bring_about(Marketplace& marketplace, const std::vector<PlannedFault>& plan,
                 const std::function<void(const std::string&)>& strikes) {
    auto& world = marketplace.world;
    auto fate = world.begin_life("fate");
    for (const auto& planned : plan) {
        world.at(planned.at, fate, [&marketplace, planned, fate, strikes] {
            if (!marketplace.faults.are_active()) return;
            marketplace.faults.count(kind_of(planned.what).name);
            marketplace.world.note("fate", planned.text());
            strikes(kind_of(planned.what).name);
            begin(marketplace, planned);
            fate->after(planned.lasts, [&marketplace, planned] { end(marketplace, planned); });
        });
    }
    // What a backup is made of, now and then.
    for (auto at = Duration{5s}; at < 60s; at += 10s)
        world.at(at, fate, [&marketplace] { marketplace.nats.make_copy(); });
}

void end_all(Marketplace& marketplace) {
    marketplace.network.mend_all();
    marketplace.nats.start();
    marketplace.nats.lost_deliveries = marketplace.nats.duplicates = 0;
    marketplace.mail.set_away(false);
    for (const auto& [name, server] : marketplace.databases()) {
        server->disk().full = server->disk().fails_to_read = server->disk().power_goes_at_sync = false;
        server->lost_answers = 0;
        server->after_next_commit = nullptr;
        server->start();
    }
    for (auto& node : marketplace.nodes()) node->be_wrong_by(0ms);
}

}  // namespace stagedoor::simulation
