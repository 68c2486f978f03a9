#include "simulation/servers/marketplace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "contracts/events/signed.hpp"
#include "services/admissions/settings.hpp"
#include "services/all_services.hpp"
#include "services/auth/settings.hpp"
#include "services/notifications/settings.hpp"
#include "services/orders/settings.hpp"
#include "services/tickets/settings.hpp"
#include "simulation/servers/plain_passwords.hpp"
#include "simulation/servers/theme.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr int replicas_per_service = 2;
constexpr double share_with_nodes = 1.0 / 3;
const std::vector batch_sizes{1, 3, 16, 256};

Settings settings_of_all() {
    const std::string mail_link_secret = "another secret of the simulation";
    Settings settings;
    settings.services["auth"] =
        auth::Settings{.jwt_key_secret = "a secret of the simulation", .mail_link_secret = mail_link_secret};
    settings.services["orders"] = orders::Settings{.hold_seconds = time_to_pay.count()};
    settings.services["tickets"] = tickets::Settings{.unused_pictures_kept_for = unused_pictures_kept_for};
    settings.services["admissions"] = admissions::Settings{.secret = "a third secret of the simulation"};
    settings.services["notifications"] = notifications::Settings{.smtp_url = "smtp://mail",
                                                                 .smtp_requires_tls = false,
                                                                 .smtp_user = {},
                                                                 .smtp_password = {},
                                                                 .mail_page = {},
                                                                 .mail_link_secret = mail_link_secret};
    return settings;
}

bus::EventKeys event_keys_of_all() {
    bus::EventKeys keys;
    char digit = 'a';
    for (auto service : contracts::signing_services) {
        auto key = bus::EventKey::parse(std::string(64, digit++)).value();
        keys.signing.emplace(service, key);
        keys.trusted[std::string{service}] = {key.public_key()};
    }
    return keys;
}

// The real service, except for what needs threads, belongs to a third party, or is parsed only once.
NamedService simulated(NamedService service, const std::string& machine, Marketplace& marketplace) {
    if (service.name == "auth") {
        service.make = [](ServiceDeps deps) {
            return auth::make_service_with(std::move(deps), make_plain_passwords());
        };
    } else if (service.name == "client") {
        service.make = [](ServiceDeps deps) { return client::make_service_with(std::move(deps), theme()); };
    } else if (service.name == "payments") {
        service.make = [&marketplace, machine](ServiceDeps deps) {
            auto provider =
                make_provider(deps, {marketplace.world, machine, marketplace.network, marketplace.faults,
                                     marketplace.provider_state, marketplace.site.provider_account});
            return payments::make_service_with(std::move(deps), std::move(provider));
        };
    }
    return service;
}

}  // namespace

Marketplace::Marketplace(World& the_world, Disks& disks) : Marketplace(the_world, disks, {}) {}

Marketplace::Marketplace(World& the_world, Disks& disks, Site the_site)
    : world(the_world),
      site(std::move(the_site)),
      has_nodes(site.services.empty() && world.chance(share_with_nodes)),
      max_batch(site.capacity.max_batch > 0 ? site.capacity.max_batch : world.pick(batch_sizes)),
      network(world),
      faults(world),
      nats(world, network),
      event_keys(event_keys_of_all()),
      mail(world, network, faults),
      pictures(network, faults),
      settings(settings_of_all()) {
    settings.program.cell = site.cell;
    auto add_database = [&](const std::string& name) {
        auto& server = databases_[name];
        server = std::make_unique<DatabaseServer>(name, site.prefix + "db-" + name, world, disks, network);
        server->set_speed(site.capacity.database);
    };
    for (const auto& service : all_services()) {
        if (has(service.name)) add_database(service.name);
    }
    if (has("payments")) add_database("test-provider");
    auto add_replicas = [this](const std::string& name, const std::vector<NamedService>& services,
                               int count) {
        for (int number = 1; number <= count; ++number) {
            auto machine = fmt::format("{}{}-{}", site.prefix, name, number);
            std::vector<NamedService> own;
            for (const auto& service : services) {
                own.push_back(simulated(service, machine, *this));
                settings.program.services[service.name].push_back("http://" + machine);
            }
            replicas_.push_back(std::make_unique<Replica>(*this, std::move(own), std::move(machine)));
        }
    };
    if (has_nodes) add_replicas("node", all_services(), replicas_per_service);
    for (const auto& service : all_services()) {
        if (has_nodes || !has(service.name)) continue;
        auto count = site.services.empty() ? replicas_per_service : site.services.at(service.name);
        add_replicas(service.name, {service}, count);
    }
    for (auto& replica : replicas_) {
        auto supervisor = world.start_process("supervisor");
        supervisor->after(world.between(0ms, 500ms), [&replica] { replica->start(); });
    }
}

void Marketplace::kill() {
    for (auto& replica : replicas_) replica->kill();
    for (auto& [name, server] : databases_) server->crash();
    nats.crash(NatsServer::Keeps::synced);
}

void Marketplace::start() {
    nats.start();
    for (auto& [name, server] : databases_) server->start();
    for (auto& replica : replicas_) replica->start();
}

bool Marketplace::has(const std::string& service) const {
    return site.services.empty() || site.services.contains(service);
}

DatabaseServer& Marketplace::database(const std::string& name) {
    if (auto own = databases_.find(name); own != databases_.end()) return *own->second;
    for (auto* other : others_) {
        if (other->databases_.contains(name)) return *other->databases_.at(name);
    }
    throw std::out_of_range("no database " + name);
}

Replica* Marketplace::find_replica(const std::string& machine) {
    auto found = std::ranges::find(replicas_, machine, [](const auto& each) { return each->machine(); });
    return found == replicas_.end() ? nullptr : found->get();
}

Replica& Marketplace::replica(const std::string& machine) {
    if (auto* found = find_replica(machine)) return *found;
    throw std::out_of_range("no machine " + machine);
}

std::vector<Replica*> Marketplace::replicas_of(const std::string& service) {
    std::vector<Replica*> found;
    for (auto& replica : replicas_) {
        if (replica->has(service)) found.push_back(replica.get());
    }
    return found;
}

Task<http::Response> Marketplace::send(std::shared_ptr<Process> client, runtime::Clock& clock,
                                       std::string from, std::string to, http::Request request,
                                       std::chrono::milliseconds timeout) {
    for (auto* other : others_) {
        if (other->find_replica(to))
            co_return co_await other->send(std::move(client), clock, std::move(from), std::move(to),
                                           std::move(request), timeout);
    }
    auto& server = replica(to);
    auto exchange =
        std::make_shared<Replica::Exchange>(from, client, std::nullopt, false, runtime::AsyncEvent{clock});
    auto is_cut = !network.reaches(from, to);
    if (is_cut || !server.is_serving()) {
        co_await runtime::sleep_for(clock, is_cut ? std::min<std::chrono::milliseconds>(timeout, 1s) : 1ms);
        throw outbound::NotSent(to + (is_cut ? " is unreachable" : " is down"));
    }
    server.process()->after(network.delay(from, to),
                            [this, from, to, exchange, request = std::move(request)]() mutable {
                                auto& replica = this->replica(to);
                                if (!network.reaches(from, to)) return;
                                if (replica.is_serving()) return replica.serve(exchange, std::move(request));
                                exchange->client->post([exchange] {
                                    exchange->broken = true;
                                    exchange->changed.notify();
                                });
                            });
    runtime::Timeout deadline{clock, timeout};
    while (!exchange->response && !exchange->broken && !deadline.is_over())
        (void)co_await exchange->changed.wait_until(deadline);
    if (!exchange->response) throw outbound::NoResponse("no response from " + to);
    co_return std::move(*exchange->response);
}

}  // namespace stagedoor::simulation
