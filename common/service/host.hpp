// Runs services together: one router for their routes, one bus for their events, a database for each. The
// one-process program, a service's own program and the tests use the same host.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/http/client.hpp"
#include "common/http/routing/router.hpp"
#include "common/messaging/archiver.hpp"
#include "common/runtime/process_metrics.hpp"
#include "common/runtime/task_group.hpp"
#include "common/security/audit_log.hpp"
#include "common/service/admin_access.hpp"
#include "common/service/deps.hpp"
#include "common/service/remote_client.hpp"
#include "common/service/settings.hpp"
#include "common/service/worker.hpp"

namespace stagedoor {

namespace messaging {
class Inbox;
}

struct NamedService {
    std::string name;
    std::function<Service(ServiceDeps)> make;
    settings::Group settings = {};
};

// What the services run on. All references must outlive the host.
struct HostParts {
    runtime::Clock& clock;
    runtime::Random& random;
    runtime::Metrics& metrics;
    bus::Bus& bus;
    runtime::Executor executor;  // runs workers and event deliveries
    Settings settings;
    // The database of a service, which has its name, or an additional one.
    std::function<std::unique_ptr<sql::Database>(const std::string& service, const std::string& name)>
        open_database;
    outbound::Transport& outbound;
    ServiceClient* services = nullptr;    // reaches services in other programs; null: all are in this one
    history::Storage* history = nullptr;  // of old events; null: they stay in the databases
    outbox::ArchiveOptions archive = {};
    // How late it may notice that events are old enough.
    std::chrono::milliseconds archive_interval = std::chrono::minutes{10};
    pictures::Renderer* renderer = nullptr;  // as in ServiceDeps
    pictures::OpenStore open_pictures = {};
};

class Host {
  public:
    // Opens and migrates the databases. Throws sql::DatabaseError.
    Host(HostParts parts, const std::vector<NamedService>& services);
    ~Host();

    // Loads the sessions, calls the services' on_start, then starts event deliveries and workers.
    [[nodiscard]] Task<> start();
    // Waits until every service has a session signing key, usually a moment after start(), and returns "".
    // Polls `stop_waiting`: once that is true, returns the name of a service without a key.
    [[nodiscard]] Task<std::string> wait_until_ready(std::function<bool()> stop_waiting);
    // Stops deliveries and workers and waits for them. All requests must have ended before. Outgoing requests
    // that workers wait for are aborted after `grace`: most end within it.
    [[nodiscard]] Task<> stop(std::chrono::milliseconds grace = std::chrono::seconds{2});
    // Stops the services' own threads and closes the databases. Blocks. The executors of callers must still
    // exist: some callers may wait for their result until the databases are closed.
    void close();

    // Handles one request to the services. Any thread.
    [[nodiscard]] Task<http::Response> handle(http::Request& request);
    // Requests on the admin port: probes, metrics and admin routes, nothing else. Any thread.
    [[nodiscard]] Task<http::Response> handle_admin(http::Request& request);
    // The response to a request that can't be handled because of `why`: a page for browsers. Any thread.
    [[nodiscard]] Task<http::Response> reject(http::Request& head, ApiError why) const {
        return router_.reject(head, std::move(why));
    }
    // The limit on the body of a request that has no body yet, if its route has one of its own and the caller
    // is signed in. Any thread.
    [[nodiscard]] std::optional<std::size_t> body_limit(const http::Request& head) const {
        return router_.body_limit(head);
    }
    // Sends requests to services: through HostParts::services if set, else within this process.
    [[nodiscard]] http::Client& client();
    [[nodiscard]] runtime::Clock& clock() { return parts_.clock; }
    [[nodiscard]] runtime::Random& random() { return parts_.random; }
    // The cell in new ids.
    [[nodiscard]] int cell() const { return static_cast<int>(parts_.settings.program.cell); }
    // The log of operators' actions.
    [[nodiscard]] const security::AuditLog& audit() const { return audit_; }

    // From now on /readyz responds with 503. Any thread.
    void set_draining() { draining_ = true; }
    // Both throw std::out_of_range for a service that is not on this host.
    [[nodiscard]] sql::Database& database(std::string_view service);
    [[nodiscard]] messaging::Inbox& inbox(std::string_view service);
    // Where old events are; null if nowhere.
    [[nodiscard]] history::Storage* history() { return parts_.history; }
    // The service's own settings, for its commands.
    template <class S>
    [[nodiscard]] S settings_of(const std::string& service) const {
        return std::any_cast<S>(parts_.settings.services.at(service));
    }
    [[nodiscard]] std::vector<std::string> services() const;
    // The hints that each service receives of others' changes, by service.
    [[nodiscard]] std::map<std::string, std::set<std::string>> followed_hints() const;
    // Lines that the services show to the operator when the program is ready.
    [[nodiscard]] std::vector<std::string> startup_lines(const std::string& url) const;
    // The sessions of one of the services, for routes that belong to none.
    [[nodiscard]] std::shared_ptr<const security::Sessions> any_sessions() const;

  private:
    struct Running;
    class LocalClient;

    [[nodiscard]] http::RouterOptions admin_router_options() const;
    void add_probes(http::Router& router);
    void add_metrics(http::Router& router);
    [[nodiscard]] Task<http::Response> readiness();
    [[nodiscard]] Task<http::Response> openapi();
    void announce_changes(Running& running);
    void start_workers();
    [[nodiscard]] static Task<std::optional<Instant>> refresh_sessions(Running& running);
    [[nodiscard]] static Task<std::optional<Instant>> delete_expired(Running& running);
    [[nodiscard]] static Task<std::optional<Instant>> count_parked(Running& running);
    [[nodiscard]] Task<std::optional<Instant>> move_old_events(Running& running);

    HostParts parts_;
    runtime::ProcessMetrics process_;
    security::AuditLog audit_;
    AdminAccess admin_access_;
    http::Router router_, admin_router_;
    std::unique_ptr<LocalClient> client_;
    std::shared_ptr<DataVersions> data_versions_ = std::make_shared<DataVersions>();
    std::vector<std::unique_ptr<Running>> running_;
    StopSignal stop_;
    std::atomic<bool> draining_ = false;
    runtime::TaskGroup workers_;
    std::string openapi_;
};

}  // namespace stagedoor
