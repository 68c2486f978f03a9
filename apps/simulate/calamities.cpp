#include "apps/simulate/calamities.hpp"

#include <fmt/format.h>

#include <array>

namespace stagedoor::simulate {
namespace {

using namespace std::chrono_literals;

struct Kind {
    Calamity what;
    const char* name;
    enum class Where { copy, database, nats, two, person, none } where;
    Duration least, most;  // how long it lasts
};

constexpr std::array kinds{
    Kind{Calamity::kill, "a copy is killed", Kind::Where::copy, 0s, 0s},
    Kind{Calamity::kill_at_commit, "a copy is killed at a commit", Kind::Where::database, 2s, 2s},
    Kind{Calamity::restart, "a copy is restarted", Kind::Where::copy, 0s, 0s},
    Kind{Calamity::power_cut, "power cut of a database", Kind::Where::database, 100ms, 6s},
    Kind{Calamity::power_cut_at_sync, "power cut between write and fsync", Kind::Where::database, 100ms, 6s},
    Kind{Calamity::disk_full, "disk full", Kind::Where::database, 200ms, 4s},
    Kind{Calamity::disk_fails_to_read, "disk fails to read", Kind::Where::database, 200ms, 4s},
    Kind{Calamity::answers_lost, "answers to commits lost", Kind::Where::database, 1s, 6s},
    Kind{Calamity::bus_killed, "bus killed", Kind::Where::nats, 100ms, 6s},
    Kind{Calamity::bus_loses_tail, "bus loses its tail", Kind::Where::nats, 100ms, 6s},
    Kind{Calamity::bus_loses_all, "bus loses everything", Kind::Where::nats, 100ms, 6s},
    Kind{Calamity::bus_put_back, "bus put back to an older copy", Kind::Where::nats, 100ms, 6s},
    Kind{Calamity::partition, "partition", Kind::Where::two, 200ms, 8s},
    Kind{Calamity::person_cut_off, "a person is cut off", Kind::Where::person, 200ms, 6s},
    Kind{Calamity::all_cut_off, "nobody gets through", Kind::Where::none, 200ms, 3s},
    Kind{Calamity::slow_machine, "slow machine", Kind::Where::copy, 500ms, 6s},
    Kind{Calamity::stuck, "a copy stands still", Kind::Where::copy, 500ms, 12s},
    Kind{Calamity::clock_set, "clock set", Kind::Where::copy, 1s, 15s},
    Kind{Calamity::clock_set_far, "clock set wrong by minutes", Kind::Where::copy, 1s, 15s},
    Kind{Calamity::mail_away, "mail server away", Kind::Where::none, 1s, 10s},
};

const Kind& kind_of(Calamity what) { return kinds.at(static_cast<std::size_t>(what)); }

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

void begin(Marketplace& marketplace, const PlannedCalamity& planned) {
    auto& world = marketplace.world;
    switch (planned.what) {
        case Calamity::kill:
            return marketplace.node(planned.where).crash();
        case Calamity::kill_at_commit:
            marketplace.database(planned.where).after_next_commit = [&marketplace](const std::string& copy) {
                marketplace.node(copy).crash();
            };
            return;
        case Calamity::restart:
            return marketplace.node(planned.where).restart();
        case Calamity::power_cut:
            return marketplace.database(planned.where).crash();
        case Calamity::power_cut_at_sync: {
            auto& server = marketplace.database(planned.where);
            server.disk().power_went = [&server] { server.crash(); };
            server.disk().power_goes_at_sync = true;
            return;
        }
        case Calamity::disk_full:
            marketplace.database(planned.where).disk().full = true;
            return;
        case Calamity::disk_fails_to_read:
            marketplace.database(planned.where).disk().fails_to_read = true;
            return;
        case Calamity::answers_lost:
            marketplace.database(planned.where).lost_answers = 0.2;
            return;
        case Calamity::bus_killed:
            return marketplace.nats.crash(NatsServer::Keeps::all);
        case Calamity::bus_loses_tail:
            return marketplace.nats.crash(NatsServer::Keeps::synced);
        case Calamity::bus_loses_all:
            return marketplace.nats.crash(NatsServer::Keeps::nothing);
        case Calamity::bus_put_back:
            return marketplace.nats.crash(NatsServer::Keeps::copy);
        case Calamity::partition:
            return marketplace.network.cut(planned.where, planned.other);
        case Calamity::person_cut_off:
            return marketplace.network.cut(planned.where, Network::internet);
        case Calamity::all_cut_off:
            return marketplace.network.cut(Network::internet, Network::gateway);
        case Calamity::slow_machine:
            return marketplace.network.slow_down(planned.where);
        case Calamity::stuck:
            if (auto& node = marketplace.node(planned.where); node.is_running())
                node.life()->stand_still_until(world.now() + planned.lasts);
            return;
        case Calamity::clock_set:
            return set_clock(marketplace, planned.where, 3s);
        case Calamity::clock_set_far:
            return set_clock(marketplace, planned.where, 120s);
        case Calamity::mail_away:
            return marketplace.mail.set_away(true);
    }
}

void end(Marketplace& marketplace, const PlannedCalamity& planned) {
    switch (planned.what) {
        case Calamity::kill:
        case Calamity::restart:
        case Calamity::stuck:
            return;  // end by themselves
        case Calamity::kill_at_commit:
            marketplace.database(planned.where).after_next_commit = nullptr;
            return;
        case Calamity::power_cut:
        case Calamity::power_cut_at_sync: {
            auto& server = marketplace.database(planned.where);
            server.disk().power_goes_at_sync = false;
            return server.start();
        }
        case Calamity::disk_full:
            marketplace.database(planned.where).disk().full = false;
            return;
        case Calamity::disk_fails_to_read:
            marketplace.database(planned.where).disk().fails_to_read = false;
            return;
        case Calamity::answers_lost:
            marketplace.database(planned.where).lost_answers = 0;
            return;
        case Calamity::bus_killed:
        case Calamity::bus_loses_tail:
        case Calamity::bus_loses_all:
        case Calamity::bus_put_back:
            return marketplace.nats.start();
        case Calamity::partition:
            return marketplace.network.mend(planned.where, planned.other);
        case Calamity::person_cut_off:
            return marketplace.network.mend(planned.where, Network::internet);
        case Calamity::all_cut_off:
            return marketplace.network.mend(Network::internet, Network::gateway);
        case Calamity::slow_machine:
            return marketplace.network.speed_up(planned.where);
        case Calamity::clock_set:
        case Calamity::clock_set_far:
            return marketplace.node(planned.where).be_wrong_by(std::chrono::milliseconds{0});
        case Calamity::mail_away:
            return marketplace.mail.set_away(false);
    }
}

}  // namespace

std::string PlannedCalamity::text() const {
    return fmt::format(
        "#{} at {:.3f} s: {}{}{}{}", number, static_cast<double>(at.count()) / 1e6, kind_of(what).name,
        where.empty() ? "" : ", " + where, other.empty() ? "" : " and " + other,
        lasts.count() > 0 ? fmt::format(", for {:.3f} s", static_cast<double>(lasts.count()) / 1e6) : "");
}

std::vector<PlannedCalamity> plan_calamities(Marketplace& marketplace, const std::vector<std::string>& people,
                                             Duration from, Duration until) {
    auto& world = marketplace.world;
    std::vector<Kind> mixture;
    for (const auto& kind : kinds) {
        for (auto often = world.below(4); often > 1; --often) mixture.push_back(kind);
    }
    std::vector<PlannedCalamity> plan;
    if (mixture.empty()) return plan;
    auto longest_quiet = world.between(1s, 8s);
    for (auto at = from;;) {
        at += world.between(10ms, longest_quiet);
        if (at >= until) return plan;
        const auto& kind = world.one_of(mixture);
        PlannedCalamity planned{.number = static_cast<int>(plan.size()),
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

void bring_about(Marketplace& marketplace, const std::vector<PlannedCalamity>& plan,
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

}  // namespace stagedoor::simulate
