// The distributed shape on one machine: a private PostgreSQL, NATS JetStream, nginx, and some copies of every service, each
// a process of its own, all in one folder.
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
    std::filesystem::path folder;    // what lasts is in it, the logs, and prometheus-targets.json
    std::filesystem::path programs;  // where stagedoor-auth and the others are
    std::uint16_t port = 0;          // of the gateway; 0: a free one
    bool nats_cluster = false;       // three servers, and each stream on all of them
    int copies = 2;                  // of each service
    Variables environment = {};      // of every service, beside what the fleet itself sets
    // On which port a part ("orders-2", "gateway") finds another ("postgres", "nats", "tickets-1"), which listens on
    // `port`: for tests that put something between.
    std::function<std::uint16_t(const std::string& from, const std::string& to, std::uint16_t port)> between =
        [](const std::string&, const std::string&, std::uint16_t port) { return port; };
};

// One copy of a service.
class Copy {
  public:
    Copy(std::string name, std::string service, std::filesystem::path program, Variables environment,
         std::filesystem::path folder, std::uint16_t port);

    // Starts it; does not wait.
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

// Its processes end with the thread that started them, so that none is left behind.
class Fleet {
  public:
    using Tell = std::function<void(const std::string& part, const std::string& state)>;

    explicit Fleet(FleetOptions options);
    ~Fleet();
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    // Servers (those that don't run) first, then every copy at once; `tell` receives of each part. Returns when all that was started listens; does
    // not wait for readiness.
    void start_servers(const Tell& tell = ignore);
    void launch_services();
    // Waits until every copy is ready. Throws, with its last words, when one ends or `limit` is over.
    void await_ready(std::chrono::milliseconds limit, const Tell& tell = ignore);

    // SIGTERM to every copy, then to the servers; the worst exit code of the copies. Throws when one has not ended
    // after `limit`.
    int stop_services(std::chrono::milliseconds limit);
    void stop_servers();

    [[nodiscard]] PostgresServer& postgres() { return *postgres_; }
    [[nodiscard]] std::vector<std::unique_ptr<NatsServer>>& nats() { return nats_; }
    [[nodiscard]] Gateway& gateway() { return *gateway_; }
    [[nodiscard]] std::vector<std::unique_ptr<Copy>>& copies() { return copies_; }
    [[nodiscard]] Copy& copy(const std::string& name);
    [[nodiscard]] std::vector<Copy*> copies_of(const std::string& service);
    [[nodiscard]] std::uint16_t port() const { return gateway_->port(); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    [[nodiscard]] std::filesystem::path mails() const { return options_.folder / "notifications" / "mails"; }
    [[nodiscard]] std::string nats_url() const;

    static void ignore(const std::string&, const std::string&) {}

  private:
    [[nodiscard]] Variables environment_of(const std::string& service, const std::string& copy) const;
    [[nodiscard]] ServicePorts ports_seen_by(const std::string& part) const;
    [[nodiscard]] std::string kept_secret(const std::string& name) const;
    void tell_prometheus() const;

    FleetOptions options_;
    std::unique_ptr<PostgresServer> postgres_;
    std::vector<std::unique_ptr<NatsServer>> nats_;
    ServicePorts ports_;
    std::vector<std::unique_ptr<Copy>> copies_;
    std::unique_ptr<Gateway> gateway_;
};

}  // namespace stagedoor::fleet
