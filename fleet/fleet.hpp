// The distributed shapes on one machine: private PostgreSQL, NATS JetStream and nginx servers and either
// several replicas of every service, each a process of its own, or several nodes, each with all services. All
// files are in one folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/signature.hpp"
#include "fleet/certificates.hpp"
#include "fleet/gateway.hpp"
#include "fleet/nats_server.hpp"
#include "fleet/postgres_server.hpp"
#include "fleet/process.hpp"
#include "services/service_names.hpp"

namespace stagedoor::fleet {

// What a replica is a replica of.
enum class Layout { process_per_service, nodes };

struct FleetOptions {
    std::filesystem::path folder;    // of all data, the logs, and prometheus-targets.json
    std::filesystem::path programs;  // the folder of stagedoor, stagedoor-auth etc.
    std::uint16_t port = 0;          // of the gateway; 0: a free one
    bool nats_cluster = false;       // three servers, with every stream on all of them
    bool nats_syncs = false;         // see NatsServer::Options::syncs_messages
    // TLS between gateway, services and NATS, all with certificates of a CA in the folder, which services ask
    // each other for. The gateway itself serves http, and PostgreSQL is reached as without.
    bool tls = false;
    Layout layout = Layout::process_per_service;
    int replicas = 2;            // of each service, or nodes
    Variables environment = {};  // of every service, in addition to what the fleet sets

    // The port at which `from` ("orders-2", "node-1", "gateway") connects to `to` ("postgres", "nats",
    // "tickets-1"), which listens on `port`: lets tests put a proxy between the two.
    std::function<std::uint16_t(const std::string& from, const std::string& to, std::uint16_t port)>
        port_for = [](const std::string&, const std::string&, std::uint16_t port) { return port; };
};

// A program that the fleet runs replicas of.
struct Unit {
    std::string name;                   // "orders", or "node"
    std::vector<std::string> services;  // that it contains
    std::string program, command;       // "stagedoor-orders", "serve"
};
[[nodiscard]] std::vector<Unit> units_of(Layout layout);

class Replica {
  public:
    Replica(std::string name, Unit unit, const std::filesystem::path& programs, Variables environment,
            std::filesystem::path folder, std::uint16_t port, std::uint16_t admin_port, bool tls);

    // Starts it without waiting.
    void launch();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] bool is_ready() const;
    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] const std::string& name() const { return name_; }  // "orders-2"
    // Whether it is a replica of `service`, or a node if that is "node".
    [[nodiscard]] bool has(const std::string& service) const;
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::uint16_t admin_port() const { return admin_port_; }
    [[nodiscard]] std::filesystem::path log() const { return folder_ / "err"; }
    [[nodiscard]] std::string url() const {
        return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
    }

  private:
    std::string name_;
    Unit unit_;
    std::filesystem::path program_, folder_;
    Variables environment_;
    std::uint16_t port_, admin_port_;
    bool tls_;
    std::unique_ptr<Process> process_;
};

// Its processes end with the thread that started them, so that none is ever left behind.
class Fleet {
  public:
    using Report = std::function<void(const std::string& part, const std::string& state)>;

    explicit Fleet(FleetOptions options);
    ~Fleet();
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    // Starts the servers that are not running and waits until they listen. `report` is called for each.
    void start_servers(const Report& report = ignore);
    // Starts all replicas without waiting.
    void launch_services();
    // Waits until every replica is ready. Throws, with its log, if one ends or is not ready within `limit`.
    void await_ready(std::chrono::milliseconds limit, const Report& report = ignore);

    // Sends SIGTERM to every replica and returns their highest exit code. Throws if one has not ended within
    // `limit`.
    int stop_services(std::chrono::milliseconds limit);
    void stop_servers();

    [[nodiscard]] PostgresServer& postgres() { return *postgres_; }
    [[nodiscard]] std::vector<std::unique_ptr<NatsServer>>& nats() { return nats_; }
    [[nodiscard]] Gateway& gateway() { return *gateway_; }
    [[nodiscard]] std::vector<std::unique_ptr<Replica>>& replicas() { return replicas_; }
    [[nodiscard]] Replica& replica(const std::string& name);
    [[nodiscard]] std::vector<Replica*> replicas_of(const std::string& service);
    [[nodiscard]] std::uint16_t port() const { return options_.port; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::filesystem::path mails() const { return options_.folder / "notifications" / "mails"; }
    // Of all servers, for a user of users.conf.
    [[nodiscard]] std::string nats_url(const std::string& user) const;
    // For those who call the services past the gateway. Nothing without TLS.
    [[nodiscard]] std::optional<Identity> identity() const { return identity_of("gateway"); }
    [[nodiscard]] const bus::EventKey& event_key(const std::string& service) const {
        return event_keys_.at(service);
    }

    static void ignore(const std::string&, const std::string&) {}

  private:
    [[nodiscard]] Variables environment_of(const Unit& unit, const std::string& replica) const;
    void add_addresses(Variables& variables, const std::string& replica) const;
    void make_certificates();
    // Of a unit, "gateway" or "nats"; nothing without TLS.
    [[nodiscard]] std::optional<Identity> identity_of(const std::string& part) const;
    [[nodiscard]] ServicePorts ports_seen_by(const std::string& part) const;
    [[nodiscard]] std::string read_or_create_secret(const std::string& name) const;
    [[nodiscard]] std::map<std::string, std::string> nats_passwords() const;
    [[nodiscard]] bool read_or_create_event_keys();
    [[nodiscard]] std::string redirected(const std::string& url, const std::string& replica,
                                         const std::string& server, std::uint16_t port) const;
    void add_bus(Variables& variables, const Unit& unit, const std::string& replica) const;
    void write_prometheus_targets() const;

    FleetOptions options_;
    const std::vector<Unit> units_;
    std::map<std::string, Identity> identities_;  // empty without TLS
    std::unique_ptr<PostgresServer> postgres_;
    std::vector<std::unique_ptr<NatsServer>> nats_;
    std::map<std::string, bus::EventKey> event_keys_;          // by service
    std::map<std::string, std::vector<std::uint16_t>> ports_;  // of the replicas, by unit
    std::vector<std::unique_ptr<Replica>> replicas_;
    std::unique_ptr<Gateway> gateway_;
};

}  // namespace stagedoor::fleet
