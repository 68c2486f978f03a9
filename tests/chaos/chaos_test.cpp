// Each part fails alone, then all at random together, under traffic that never ends. After each fault every answer of 2xx
// is there, every invariant holds, all copies agree; and what the fault did not concern went on as if nothing were.
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "tests/chaos/city.hpp"

namespace stagedoor::testing {
namespace {

using enum Doing;
const std::set<Doing> everything{page, search, list, hold, pay};

std::set<Doing> all_but(std::initializer_list<Doing> disturbed) {
    auto left = everything;
    for (auto each : disturbed) left.erase(each);
    return left;
}

// What needs a service to answer; who is signed in is known without auth, and whoever only receives disturbs nobody.
std::set<Doing> undisturbed_without(const std::string& service) {
    if (service == "tickets") return all_but({search, list});
    if (service == "orders") return all_but({hold, pay});
    if (service == "payments") return all_but({pay});
    if (service == "client") return all_but({page});
    return everything;
}

std::chrono::milliseconds lasting(std::chrono::milliseconds in_short, std::chrono::milliseconds in_long) {
    return is_long() ? in_long : in_short;
}

City::Fault one_copy_killed(City& city, const std::string& service) {
    return {.name = "one copy of " + service + " killed",
            .begin = [&city, service] { city.kill({city.fleet().copies_of(service).front()}); },
            .end = [&city] { city.start_dead_copies(); },
            .undisturbed = undisturbed_without(service),
            .lasts = lasting(1s, 10s)};
}

City::Fault all_copies_killed(City& city, const std::string& service) {
    return {.name = "all copies of " + service + " killed",
            .begin = [&city, service] { city.kill(city.fleet().copies_of(service)); },
            .end = [&city] { city.start_dead_copies(); },
            .undisturbed = undisturbed_without(service),
            .lasts = lasting(2s, 10s)};
}

City::Fault one_copy_stopped(City& city, const std::string& service) {
    auto signal = [&city, service](int number) {
        city.fleet().copies_of(service).back()->process().signal(number);
    };
    return {.name = "one copy of " + service + " stopped (SIGSTOP), woken",
            .begin = [signal] { signal(SIGSTOP); },
            .end = [signal] { signal(SIGCONT); },
            .undisturbed = undisturbed_without(service),
            .lasts = lasting(4s, 60s)};
}

City::Fault postgres_killed(City& city) {
    return {.name = "PostgreSQL killed",
            .begin = [&city] { city.fleet().postgres().kill(); },
            .end = [&city] { city.fleet().postgres().start(); },
            .lasts = lasting(1s, 10s)};
}

// The bus is away: what is known goes on. A payment needs orders and payments to hear each other.
City::Fault nats_killed(City& city) {
    return {.name = "NATS killed",
            .begin = [&city] { city.fleet().nats().front()->kill(); },
            .end = [&city] { city.fleet().nats().front()->start(); },
            .undisturbed = {page, search, list},
            .lasts = lasting(2s, 20s)};
}

City::Fault nats_wiped(City& city) {
    return {.name = "NATS killed, and all that it stored lost",
            .begin =
                [&city] {
                    city.fleet().nats().front()->kill();
                    city.fleet().nats().front()->wipe();
                },
            .end = [&city] { city.fleet().nats().front()->start(); },
            .undisturbed = {page, search, list},
            .lasts = lasting(1s, 10s)};
}

// A copy of its store is taken now, and put back when time has gone on.
City::Fault nats_put_back(City& city) {
    auto copy = std::make_shared<runtime::TemporaryFolder>();
    auto& server = *city.fleet().nats().front();
    return {.name = "NATS put back to an older copy of its store",
            .begin =
                [&server, copy] {
                    server.stop();
                    std::filesystem::copy(server.store(), copy->path() / "store",
                                          std::filesystem::copy_options::recursive);
                    server.start();
                },
            .end =
                [&server, copy] {
                    server.kill();
                    server.wipe();
                    std::filesystem::copy(copy->path() / "store", server.store(),
                                          std::filesystem::copy_options::recursive);
                    server.start();
                },
            .lasts = lasting(4s, 60s)};
}

TEST(Chaos, each_part_fails_alone) {
    City city{{}};
    for (const auto& service : service_names()) city.suffer(one_copy_killed(city, service));
    for (const auto& service : service_names()) city.suffer(all_copies_killed(city, service));
    city.suffer(nats_killed(city));
    city.suffer(nats_wiped(city));
    city.suffer(nats_put_back(city));
    city.suffer(postgres_killed(city));
    for (const auto* service : {"orders", "payments", "tickets"})
        city.suffer(one_copy_stopped(city, service));
}

TEST(Chaos, connections_are_cut_delayed_and_silent) {
    City city{{.proxies = true}};
    auto each = [&city](std::string from, std::string to, std::function<void(FaultProxy&)> act) {
        return [&city, from, to, act] {
            for (auto* proxy : city.proxies(from, to)) act(*proxy);
        };
    };
    struct Link {
        std::string from, to;
        std::set<Doing> undisturbed;
    };
    const std::vector<Link> links{{"orders", "postgres", undisturbed_without("orders")},
                                  {"payments", "postgres", undisturbed_without("payments")},
                                  {"tickets", "postgres", undisturbed_without("tickets")},
                                  {"orders", "nats", all_but({hold, pay})},
                                  {"payments", "nats", all_but({pay})},
                                  {"", "nats", {page, search, list}},
                                  {"gateway", "orders-1", undisturbed_without("orders")},
                                  {"client", "", all_but({page})}};
    for (const auto& [from, to, undisturbed] : links) {
        auto names = (from.empty() ? "everybody" : from) + " to " + (to.empty() ? "everybody" : to);
        auto heal = each(from, to, [](FaultProxy& proxy) { proxy.heal(); });
        auto cut_heal = each(from, to, [](FaultProxy& proxy) {
            proxy.heal();
            proxy.cut();  // what stood still is not taken up again
        });
        city.suffer({.name = names + ": cut off",
                     .begin = each(from, to,
                                   [](FaultProxy& proxy) {
                                       proxy.refuse(true);
                                       proxy.cut();
                                   }),
                     .end = heal,
                     .undisturbed = undisturbed,
                     .lasts = lasting(1s, 10s)});
        city.suffer({.name = names + ": delayed by 50 ms",
                     .begin = each(from, to, [](FaultProxy& proxy) { proxy.delay(50ms); }),
                     .end = heal,
                     .undisturbed = undisturbed,
                     .lasts = lasting(1s, 10s)});
        city.suffer({.name = names + ": silent",
                     .begin = each(from, to, [](FaultProxy& proxy) { proxy.stall(true); }),
                     .end = cut_heal,
                     .undisturbed = undisturbed,
                     .lasts = lasting(2s, 15s)});
    }
}

TEST(Chaos, a_node_of_the_nats_cluster_is_lost) {
    City city{{.nats_cluster = true}};
    for (std::size_t i = 0; i < (is_long() ? 3u : 1u); ++i) {
        city.suffer({.name = "node " + std::to_string(i + 1) + " of the NATS cluster killed",
                     .begin = [&city, i] { city.fleet().nats()[i]->kill(); },
                     .end = [&city, i] { city.fleet().nats()[i]->start(); },
                     .undisturbed = {page, search, list},
                     .lasts = lasting(5s, 20s)});
    }
}

// Several at a time, at random.
TEST(Chaos, everything_fails_at_random) {
    City city{{}};
    std::mt19937_64 random{seed()};
    auto deadline = std::chrono::steady_clock::now() + lasting(30s, 10min);
    while (std::chrono::steady_clock::now() < deadline && !HasFailure()) {
        std::vector<City::Fault> together;
        for (std::size_t i = 0; i < 2 + random() % 2; ++i) {
            auto service = service_names()[random() % service_names().size()];
            switch (random() % 6) {
                case 0:
                    together.push_back(one_copy_killed(city, service));
                    break;
                case 1:
                    together.push_back(all_copies_killed(city, service));
                    break;
                case 2:
                    together.push_back(one_copy_stopped(city, service));
                    break;
                case 3:
                    together.push_back(nats_killed(city));
                    break;
                case 4:
                    together.push_back(nats_wiped(city));
                    break;
                case 5:
                    together.push_back(postgres_killed(city));
                    break;
            }
        }
        // Not the same part twice: what is down can't be killed again.
        std::set<std::string> parts;
        std::erase_if(together, [&](const City::Fault& fault) {
            auto part =
                fault.name.starts_with("NATS") ? "NATS" : fault.name.substr(0, fault.name.find(" stopped"));
            auto of = part.find(" of ");
            return !parts.insert(of == std::string::npos ? part : part.substr(of + 4, 6)).second;
        });
        // Servers are there again first: a copy that starts without its database ends, and says so.
        std::ranges::partition(together, [](const City::Fault& fault) {
            return fault.name.starts_with("PostgreSQL") || fault.name.starts_with("NATS");
        });
        std::string name;
        for (const auto& fault : together) name += (name.empty() ? "" : " + ") + fault.name;
        city.suffer({.name = name,
                     .begin =
                         [&] {
                             for (const auto& fault : together) fault.begin();
                         },
                     .end =
                         [&] {
                             for (const auto& fault : together) fault.end();
                         },
                     .lasts = std::chrono::milliseconds{500 + random() % 2500}});
    }
}

}  // namespace
}  // namespace stagedoor::testing
