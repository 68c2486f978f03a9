#include "fleet/fleet.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <stdexcept>

#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

std::string replaced(std::string text, const std::string& word, const std::string& by) {
    auto at = text.find(word);
    return at == std::string::npos ? text : text.replace(at, word.size(), by);
}

}  // namespace

// ---- Replica

Replica::Replica(std::string name, std::string service, std::filesystem::path program, Variables environment,
                 std::filesystem::path folder, std::uint16_t port)
    : name_(std::move(name)),
      service_(std::move(service)),
      program_(std::move(program)),
      folder_(std::move(folder)),
      environment_(std::move(environment)),
      port_(port) {
    std::filesystem::create_directories(folder_);
    environment_["PORT"] = std::to_string(port_);
}

void Replica::launch() {
    std::error_code none_before;
    std::filesystem::rename(log(), folder_ / "err.before", none_before);  // may say why it ended
    process_ = std::make_unique<Process>(
        "/usr/bin/setpriv", std::vector<std::string>{"--pdeathsig", "TERM", program_.string(), "serve"},
        environment_, folder_);
}

bool Replica::is_ready() const { return get(port_, "/readyz").starts_with("HTTP/1.1 200"); }

// ---- Fleet

Fleet::Fleet(FleetOptions options) : options_(std::move(options)) {
    options_.folder = std::filesystem::absolute(options_.folder);
    std::filesystem::create_directories(options_.folder);
    postgres_ = std::make_unique<PostgresServer>(
        options_.folder / "postgres", 0,
        std::vector<std::string>{"deadlock_timeout = 100ms", "shared_buffers = 128MB", "max_wal_size = 4GB",
                                 "max_connections = " + std::to_string(60 + 90 * options_.replicas)});
    std::vector<ClusterMember> cluster;
    if (options_.nats_cluster) {
        for (auto name : {"nats-1", "nats-2", "nats-3"}) cluster.push_back({name, free_port()});
    }
    for (std::size_t i = 0; i < std::max<std::size_t>(cluster.size(), 1); ++i) {
        nats_.push_back(std::make_unique<NatsServer>(options_.folder / ("nats-" + std::to_string(i + 1)),
                                                     NatsServer::Options{.cluster = cluster, .member = i}));
    }
    for (const auto& service : service_names()) {
        for (int i = 0; i < options_.replicas; ++i) ports_[service].push_back(free_port());
    }
    for (const auto& service : service_names()) {
        for (int i = 0; i < options_.replicas; ++i) {
            auto name = service + "-" + std::to_string(i + 1);
            replicas_.push_back(std::make_unique<Replica>(
                name, service, options_.programs / ("stagedoor-" + service), environment_of(service, name),
                options_.folder / name, ports_[service][static_cast<std::size_t>(i)]));
        }
    }
    gateway_ = std::make_unique<Gateway>(options_.folder / "nginx", options_.port, ports_seen_by("gateway"));
    write_prometheus_targets();
}

// In the format of Prometheus's file_sd_configs.
void Fleet::write_prometheus_targets() const {
    std::ofstream file{options_.folder / "prometheus-targets.json"};
    file << "[";
    for (const auto& replica : replicas_) {
        file << (replica == replicas_.front() ? "\n" : ",\n") << R"({"targets":["127.0.0.1:)"
             << replica->port() << R"("],"labels":{"copy":")" << replica->name() << R"("}})";
    }
    file << "\n]\n";
}

Fleet::~Fleet() {
    for (auto& replica : replicas_) {
        if (replica->runs()) replica->process().signal(SIGKILL);
    }
}

std::string Fleet::read_or_create_secret(const std::string& name) const {
    auto path = options_.folder / name;
    if (!std::filesystem::exists(path)) {
        auto mask = ::umask(S_IRWXG | S_IRWXO);
        std::random_device random;
        std::ofstream file{path};
        for (int i = 0; i < 8; ++i) file << std::hex << random();
        ::umask(mask);
    }
    return read_file(path);
}

std::string Fleet::nats_url() const {
    std::string all;
    for (const auto& server : nats_) all += (all.empty() ? "" : ",") + server->url();
    return all;
}

ServicePorts Fleet::ports_seen_by(const std::string& part) const {
    auto reachable_ports = ports_;
    for (auto& [service, ports] : reachable_ports) {
        for (std::size_t i = 0; i < ports.size(); ++i)
            ports[i] = options_.port_for(part, service + "-" + std::to_string(i + 1), ports[i]);
    }
    return reachable_ports;
}

Variables Fleet::environment_of(const std::string& service, const std::string& replica) const {
    auto variables = options_.environment;
    auto database_url = postgres_->url(service), bus_url = nats_url();
    auto redirect = [&](std::string& url, const std::string& server, std::uint16_t port) {
        url = replaced(url, "127.0.0.1:" + std::to_string(port),
                       "127.0.0.1:" + std::to_string(options_.port_for(replica, server, port)));
    };
    redirect(database_url, "postgres", postgres_->port());
    for (const auto& server : nats_) redirect(bus_url, "nats", server->port());
    variables.emplace("DATABASE_URL", database_url);
    variables.emplace("NATS_URL", bus_url);
    if (options_.nats_cluster) variables.emplace("NATS_REPLICAS", "3");
    variables.emplace("JWT_KEY_SECRET", read_or_create_secret("jwt-key.secret"));
    variables.emplace("MAIL_LINK_SECRET", read_or_create_secret("mail-link.secret"));
    variables.emplace("STAGEDOOR_TRUSTED_PROXIES", "127.0.0.1");
    variables.emplace("STAGEDOOR_DATA", (options_.folder / service).string());
    if (service == "client") {
        auto reachable_ports = ports_seen_by(replica);
        for (auto [variable, target] :
             {std::pair{"AUTH_URL", "auth"}, std::pair{"TICKETS_URL", "tickets"},
              std::pair{"ORDERS_URL", "orders"}, std::pair{"PAYMENTS_URL", "payments"}}) {
            std::string all;
            for (auto port : reachable_ports.at(target))
                all += (all.empty() ? "" : ",") + ("http://127.0.0.1:" + std::to_string(port));
            variables.emplace(variable, all);
        }
    }
    return variables;
}

void Fleet::start_servers(const Report& report) {
    report("postgres", "starting");
    if (!postgres_->runs()) postgres_->start();
    for (const auto& service : service_names()) postgres_->make_database(service);
    report("postgres", "running at 127.0.0.1:" + std::to_string(postgres_->port()));
    for (std::size_t i = 0; i < nats_.size(); ++i) {
        if (!nats_[i]->runs()) nats_[i]->start();
        report("nats-" + std::to_string(i + 1), "running at 127.0.0.1:" + std::to_string(nats_[i]->port()));
    }
    if (!gateway_->runs()) gateway_->start();
    report("nginx", "running at 127.0.0.1:" + std::to_string(gateway_->port()));
}

void Fleet::launch_services() {
    for (auto& replica : replicas_) replica->launch();
}

void Fleet::await_ready(std::chrono::milliseconds limit, const Report& report) {
    auto deadline = std::chrono::steady_clock::now() + limit;
    std::vector<Replica*> waiting;
    for (auto& replica : replicas_) waiting.push_back(replica.get());
    for (auto* replica : waiting) report(replica->name(), "starting");
    while (!waiting.empty()) {
        std::erase_if(waiting, [&](Replica* replica) {
            if (!replica->runs())
                throw std::runtime_error(replica->name() + " ended:\n" + replica->process().errors());
            if (!replica->is_ready()) return false;
            report(replica->name(), "ready at 127.0.0.1:" + std::to_string(replica->port()));
            return true;
        });
        if (!waiting.empty() && std::chrono::steady_clock::now() >= deadline) {
            auto& first = *waiting.front();
            throw std::runtime_error(first.name() + " did not become ready: " + get(first.port(), "/readyz") +
                                     "\n" + first.process().errors());
        }
        std::this_thread::sleep_for(10ms);
    }
}

int Fleet::stop_services(std::chrono::milliseconds limit) {
    for (auto& replica : replicas_) {
        if (replica->runs()) replica->process().signal(SIGTERM);
    }
    int worst = 0;
    for (auto& replica : replicas_) {
        auto exit = replica->process().wait(limit);
        worst = std::max(worst, exit.signal ? 128 + exit.signal : exit.code);
    }
    return worst;
}

void Fleet::stop_servers() {
    if (gateway_ && gateway_->runs()) gateway_->stop();
    for (auto& server : nats_) {
        if (server->runs()) server->stop();
    }
    if (postgres_->runs()) postgres_->stop();
}

Replica& Fleet::replica(const std::string& name) {
    auto found = std::ranges::find(replicas_, name, [](const auto& each) { return each->name(); });
    if (found == replicas_.end()) throw std::out_of_range("no replica " + name);
    return **found;
}

std::vector<Replica*> Fleet::replicas_of(const std::string& service) {
    std::vector<Replica*> all;
    for (auto& replica : replicas_) {
        if (replica->service() == service) all.push_back(replica.get());
    }
    return all;
}

}  // namespace stagedoor::fleet
