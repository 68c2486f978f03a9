// The distributed shape on one machine: private PostgreSQL, NATS JetStream and nginx servers and several
// replicas of every service, each a process of its own, all with their files in one folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/gateway.hpp"
#include "fleet/nats_server.hpp"
#include "fleet/postgres_server.hpp"
#include "fleet/process.hpp"
#include "services/service_names.hpp"

namespace stagedoor::fleet {

struct FleetOptions {
    std::filesystem::path folder;    // of all data, the logs, and prometheus-targets.json
    std::filesystem::path programs;  // the folder of stagedoor-auth etc.
    std::uint16_t port = 0;          // of the gateway; 0: a free one
    bool nats_cluster = false;       // three servers, with every stream on all of them
    int replicas = 2;                // of each service
    Variables environment = {};      // of every service, in addition to what the fleet sets

    // The port at which `from` ("orders-2", "gateway") connects to `to` ("postgres", "nats", "tickets-1"),
    // which listens on `port`: lets tests put a proxy between the two.
    std::function<std::uint16_t(const std::string& from, const std::string& to, std::uint16_t port)>
        port_for = [](const std::string&, const std::string&, std::uint16_t port) { return port; };
};

class Replica {
  public:
    Replica(std::string name, std::string service, std::filesystem::path program, Variables environment,
            std::filesystem::path folder, std::uint16_t port);

    // Starts it without waiting.
    void launch();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] bool is_ready() const;
    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] const std::string& name() const { return name_; }  // "orders-2"
    [[nodiscard]] const std::string& service() const { return service_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::filesystem::path log() const { return folder_ / "err"; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  private:
    std::string name_, service_;
    std::filesystem::path program_, folder_;
    Variables environment_;
    std::uint16_t port_;
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
    [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::filesystem::path mails() const { return options_.folder / "notifications" / "mails"; }
    [[nodiscard]] std::string nats_url() const;

    static void ignore(const std::string&, const std::string&) {}

  private:
    [[nodiscard]] Variables environment_of(const std::string& service, const std::string& replica) const;
    [[nodiscard]] ServicePorts ports_seen_by(const std::string& part) const;
    [[nodiscard]] std::string read_or_create_secret(const std::string& name) const;
    void write_prometheus_targets() const;

    FleetOptions options_;
    std::unique_ptr<PostgresServer> postgres_;
    std::vector<std::unique_ptr<NatsServer>> nats_;
    ServicePorts ports_;
    std::vector<std::unique_ptr<Replica>> replicas_;
    std::unique_ptr<Gateway> gateway_;
};

}  // namespace stagedoor::fleet
