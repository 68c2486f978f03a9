#include "fleet/fleet.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <stdexcept>

#include "common/bus/jetstream/permissions.hpp"
#include "contracts/events/signed.hpp"
#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

std::string replaced(std::string text, const std::string& word, const std::string& by) {
    auto at = text.find(word);
    return at == std::string::npos ? text : text.replace(at, word.size(), by);
}

std::string upper(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace

std::vector<Unit> units_of(Layout layout) {
    if (layout == Layout::nodes) return {{"node", service_names(), "stagedoor", "node"}};
    std::vector<Unit> units;
    for (const auto& service : service_names())
        units.push_back({service, {service}, "stagedoor-" + service, "serve"});
    return units;
}

// ---- Replica

Replica::Replica(std::string name, Unit unit, const std::filesystem::path& programs, Variables environment,
                 std::filesystem::path folder, std::uint16_t port, std::uint16_t admin_port, bool tls)
    : name_(std::move(name)),
      unit_(std::move(unit)),
      program_(programs / unit_.program),
      folder_(std::move(folder)),
      environment_(std::move(environment)),
      port_(port),
      admin_port_(admin_port),
      tls_(tls) {
    std::filesystem::create_directories(folder_);
    environment_["PORT"] = std::to_string(port_);
    environment_["STAGEDOOR_ADMIN_PORT"] = std::to_string(admin_port_);
}

void Replica::launch() {
    std::error_code none_before;
    std::filesystem::rename(log(), folder_ / "err.before", none_before);  // may say why it ended
    process_ = std::make_unique<Process>(
        "/usr/bin/setpriv", std::vector<std::string>{"--pdeathsig", "TERM", program_.string(), unit_.command},
        environment_, folder_);
}

bool Replica::has(const std::string& service) const {
    return service == unit_.name || std::ranges::find(unit_.services, service) != unit_.services.end();
}

// With TLS, through the admin port, which has none on loopback.
bool Replica::is_ready() const {
    return get(tls_ ? admin_port_ : port_, "/readyz").starts_with("HTTP/1.1 200");
}

// ---- Fleet

Fleet::Fleet(FleetOptions options) : options_(std::move(options)), units_(units_of(options_.layout)) {
    options_.folder = std::filesystem::absolute(options_.folder);
    std::filesystem::create_directories(options_.folder);
    if (!options_.port) options_.port = free_port();
    if (options_.tls) make_certificates();
    postgres_ = std::make_unique<PostgresServer>(
        options_.folder / "postgres", 0,
        std::vector<std::string>{"deadlock_timeout = 100ms", "shared_buffers = 128MB", "max_wal_size = 4GB",
                                 "max_connections = " + std::to_string(60 + 90 * options_.replicas)});
    std::vector<ClusterMember> cluster;
    if (options_.nats_cluster) {
        for (auto name : {"nats-1", "nats-2", "nats-3"}) cluster.push_back({name, free_port()});
    }
    for (std::size_t i = 0; i < std::max<std::size_t>(cluster.size(), 1); ++i) {
        nats_.push_back(
            std::make_unique<NatsServer>(options_.folder / ("nats-" + std::to_string(i + 1)),
                                         NatsServer::Options{.cluster = cluster,
                                                             .member = i,
                                                             .passwords = nats_passwords(),
                                                             .identity = identity_of("nats"),
                                                             .syncs_messages = options_.nats_syncs}));
    }
    // What an earlier version left there is not signed: the outboxes refill it.
    if (read_or_create_event_keys()) std::ranges::for_each(nats_, [](auto& server) { server->wipe(); });
    for (const auto& unit : units_) {
        for (int i = 0; i < options_.replicas; ++i) ports_[unit.name].push_back(free_port());
    }
    for (const auto& unit : units_) {
        for (int i = 0; i < options_.replicas; ++i) {
            auto name = unit.name + "-" + std::to_string(i + 1);
            replicas_.push_back(std::make_unique<Replica>(
                name, unit, options_.programs, environment_of(unit, name), options_.folder / name,
                ports_[unit.name][static_cast<std::size_t>(i)], free_port(), options_.tls));
        }
    }
    auto limits = options_.environment.find("STAGEDOOR_RATE_LIMITS");
    auto limited = limits == options_.environment.end() || limits->second != "off";
    gateway_ = std::make_unique<Gateway>(options_.folder / "nginx", options_.port, ports_seen_by("gateway"),
                                         limited, identity_of("gateway"));
    write_prometheus_targets();
}

// New ones at each start: none ever expires, and none outlives what it is for.
void Fleet::make_certificates() {
    CertificateAuthority authority{options_.folder / "tls"};
    auto issue = [&](const std::string& part, const std::vector<std::string>& names) {
        std::vector<std::string> all{"DNS:localhost", "IP:127.0.0.1"};
        for (const auto& name : names) all.push_back("DNS:" + name);
        identities_[part] = {authority.file(), authority.issue(part, all)};
    };
    for (const auto& unit : units_) issue(unit.name, unit.services);
    for (const auto* part : {"gateway", "nats"}) issue(part, {part});
}

std::optional<Identity> Fleet::identity_of(const std::string& part) const {
    auto found = identities_.find(part);
    return found == identities_.end() ? std::nullopt : std::optional{found->second};
}

// In the format of Prometheus's file_sd_configs.
void Fleet::write_prometheus_targets() const {
    std::ofstream file{options_.folder / "prometheus-targets.json"};
    file << "[";
    for (const auto& replica : replicas_) {
        file << (replica == replicas_.front() ? "\n" : ",\n") << R"({"targets":["127.0.0.1:)"
             << replica->admin_port() << R"("],"labels":{"copy":")" << replica->name() << R"("}})";
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
        for (int i = 0; i < 8; ++i) file << fmt::format("{:08x}", random());
        ::umask(mask);
    }
    return read_file(path);
}

std::map<std::string, std::string> Fleet::nats_passwords() const {
    std::map<std::string, std::string> passwords;
    auto users = service_names();
    users.insert(users.end(), {std::string{bus::listener_user}, "cluster"});
    for (const auto& user : users) passwords[user] = "s" + read_or_create_secret("nats-" + user + ".secret");
    return passwords;
}

// Whether there were none.
bool Fleet::read_or_create_event_keys() {
    auto created = false;
    for (auto service : contracts::signing_services) {
        auto name = std::string{service} + "-event.key";
        created = created || !std::filesystem::exists(options_.folder / name);
        auto key = bus::EventKey::parse(read_or_create_secret(name));
        if (!key)
            throw std::runtime_error((options_.folder / name).string() +
                                     " must have 64 hexadecimal digits; delete it, and a new key is made");
        event_keys_.emplace(service, *key);
    }
    return created;
}

std::string Fleet::nats_url(const std::string& user) const {
    std::string all;
    for (const auto& server : nats_) all += (all.empty() ? "" : ",") + server->url(user);
    return all;
}

ServicePorts Fleet::ports_seen_by(const std::string& part) const {
    ServicePorts reachable_ports;
    for (const auto& [name, services, program, command] : units_) {
        auto ports = ports_.at(name);
        for (std::size_t i = 0; i < ports.size(); ++i)
            ports[i] = options_.port_for(part, name + "-" + std::to_string(i + 1), ports[i]);
        for (const auto& service : services) reachable_ports[service] = ports;
    }
    return reachable_ports;
}

// `url` with the port at which `replica` connects to `server`.
std::string Fleet::redirected(const std::string& url, const std::string& replica, const std::string& server,
                              std::uint16_t port) const {
    return replaced(url, "127.0.0.1:" + std::to_string(port),
                    "127.0.0.1:" + std::to_string(options_.port_for(replica, server, port)));
}

// Each service has its own user, and its own key if it signs.
void Fleet::add_bus(Variables& variables, const Unit& unit, const std::string& replica) const {
    std::string public_keys;
    for (const auto& [service, key] : event_keys_)
        public_keys += (public_keys.empty() ? "" : ",") + service + "=" + key.public_key().text();
    variables.emplace("EVENT_PUBLIC_KEYS", public_keys);
    for (const auto& service : unit.services) {
        auto prefix = options_.layout == Layout::nodes ? upper(service) + "_" : "";
        auto url = nats_url(service);
        for (const auto& server : nats_) url = redirected(url, replica, "nats", server->port());
        variables.emplace(prefix + "NATS_URL", url);
        if (event_keys_.contains(service))
            variables.emplace(prefix + "EVENT_KEY", read_or_create_secret(service + "-event.key"));
    }
}

Variables Fleet::environment_of(const Unit& unit, const std::string& replica) const {
    auto variables = options_.environment;
    auto is_node = options_.layout == Layout::nodes;
    for (const auto& service : unit.services) {
        auto url = redirected(postgres_->url(service), replica, "postgres", postgres_->port());
        if (url == postgres_->url(service)) url = postgres_->local_url(service);  // no proxy
        variables.emplace(is_node ? upper(service) + "_DATABASE_URL" : "DATABASE_URL", url);
    }
    add_bus(variables, unit, replica);
    if (options_.nats_cluster) variables.emplace("NATS_REPLICAS", "3");
    variables.emplace("JWT_KEY_SECRET", read_or_create_secret("jwt-key.secret"));
    variables.emplace("MAIL_LINK_SECRET", read_or_create_secret("mail-link.secret"));
    variables.emplace("ADMISSIONS_SECRET", read_or_create_secret("admissions.secret"));
    variables.emplace("STAGEDOOR_TRUSTED_PROXIES", "127.0.0.1");
    variables.emplace("STAGEDOOR_PUBLIC_URL", url());  // the same in the links of every replica
    // All nodes write emails to the same folder.
    variables.emplace("STAGEDOOR_DATA", (options_.folder / (is_node ? "notifications" : unit.name)).string());
    auto has_bucket = variables.contains("STAGEDOOR_PICTURES_S3_URL");
    if (!has_bucket && (is_node || unit.name == "tickets"))  // the same for all replicas
        variables.emplace("STAGEDOOR_PICTURES_FOLDER", (options_.folder / "pictures").string());
    if (unit.name == "client") add_addresses(variables, replica);
    if (auto identity = identity_of(unit.name)) {
        variables.emplace("STAGEDOOR_TLS_CERTIFICATE", identity->own.certificate);
        variables.emplace("STAGEDOOR_TLS_KEY", identity->own.key);
        variables.emplace("STAGEDOOR_TLS_CLIENT_CA", identity->ca_file);
        variables.emplace("NATS_CA_FILE", identity->ca_file);
        if (unit.name == "client") variables.emplace("STAGEDOOR_CA_FILE", identity->ca_file);
    }
    return variables;
}

// Of the services that client calls.
void Fleet::add_addresses(Variables& variables, const std::string& replica) const {
    auto reachable_ports = ports_seen_by(replica);
    const std::string scheme = options_.tls ? "https://127.0.0.1:" : "http://127.0.0.1:";
    for (const auto* service : {"auth", "tickets", "orders", "payments", "admissions"}) {
        std::string all;
        for (auto port : reachable_ports.at(service))
            all += (all.empty() ? "" : ",") + scheme + std::to_string(port);
        variables.emplace(upper(service) + "_URL", all);
    }
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
        if (replica->has(service)) all.push_back(replica.get());
    }
    return all;
}

}  // namespace stagedoor::fleet
