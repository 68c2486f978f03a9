// Runs services together: one router for their routes, one bus for their events, each with a database of its
// own. The same host serves the one-process program, a service's own program and the tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http/client.hpp"
#include "common/http/routing/router.hpp"
#include "common/runtime/process_metrics.hpp"
#include "common/service/remote_client.hpp"
#include "common/service/service.hpp"
#include "common/service/settings.hpp"

namespace stagedoor {

struct NamedService {
    std::string name;
    std::function<Service(ServiceDeps)> make;
};

// What the services run on; all of it outlives the host.
struct HostParts {
    runtime::Clock& clock;
    runtime::Random& random;
    runtime::Metrics& metrics;
    bus::Bus& bus;
    runtime::Executor executor;  // of loops and deliveries
    Settings settings;
    std::function<std::unique_ptr<sql::Database>(const std::string& name)> open_database;
    outbound::Transport& outbound;
    RemoteClient* services = nullptr;  // asks those of other programs; null: all are here
};

class Host {
  public:
    // Opens the databases and brings their schemas up to date. Throws sql::DatabaseError.
    Host(HostParts parts, const std::vector<NamedService>& services);
    ~Host();

    // Starts deliveries and loops.
    [[nodiscard]] Task<> start();
    // Returns when every service has heard of a key that sessions are signed with, within a moment of
    // start(); or once `given_up`, which is asked again and again, says so: then with the name of a service
    // that hasn't, else with nothing.
    [[nodiscard]] Task<std::string> wait_until_ready(std::function<bool()> given_up);
    // Ends them, and returns when none is left. Requests that are under way must have ended before.
    [[nodiscard]] Task<> stop();
    // Ends what services run on threads of their own and closes the databases. Blocks. Called while the
    // executors of those who asked still exist: some may wait for an answer to the last.
    void close();

    [[nodiscard]] Task<http::Response> handle(http::Request& request);
    // What is asked on the admin port: probes, metrics and the operator's own routes, nothing else.
    [[nodiscard]] Task<http::Response> handle_admin(http::Request& request);
    // Asks the services as a client in the same process does.
    [[nodiscard]] http::Client& client();
    [[nodiscard]] runtime::Clock& clock() { return parts_.clock; }

    // From now on /readyz is red.
    void set_draining() { draining_ = true; }
    [[nodiscard]] sql::Database& database(std::string_view service);
    [[nodiscard]] messaging::Inbox& inbox(std::string_view service);
    [[nodiscard]] std::vector<std::string> services() const;
    // For routes that look at nobody's session.
    [[nodiscard]] std::shared_ptr<const security::Sessions> any_sessions() const;

  private:
    struct Running;
    class LocalClient;

    void add_probes(http::Router& router);
    [[nodiscard]] Task<http::Response> readiness();
    [[nodiscard]] Task<http::Response> openapi();
    void start_workers();
    void run_in_background(std::string name, std::function<Task<>()> loop);
    [[nodiscard]] Task<> retry_parked(Running& running);
    [[nodiscard]] Task<> refresh_sessions(Running& running);
    [[nodiscard]] Task<> drop_expired(Running& running);
    [[nodiscard]] Task<> count_kept(Running& running);

    HostParts parts_;
    runtime::ProcessMetrics process_;
    http::Router router_, admin_router_;
    std::unique_ptr<LocalClient> client_;
    std::vector<std::unique_ptr<Running>> running_;
    StopSignal stopping_;
    std::atomic<bool> draining_ = false;
    std::atomic<int> workers_ = 0;
    runtime::AsyncEvent workers_ended_;
    std::string openapi_;
};

}  // namespace stagedoor
