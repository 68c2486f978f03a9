// The infrastructure that a program's services run on.
#pragma once

#include <memory>
#include <optional>

#include "common/bus/bus.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/service/cell_client.hpp"
#include "common/service/data_folder.hpp"
#include "common/service/host.hpp"
#include "common/service/options.hpp"
#include "common/service/settings.hpp"

namespace stagedoor {

// One process: a SQLite file per service in the data folder, and the embedded bus. A service's own program:
// its PostgreSQL database, NATS JetStream, and the other services over HTTP. A node: a PostgreSQL database
// and a NATS connection per service.
struct Infrastructure {
    // Opens and migrates the databases. Throws StartupError or sql::DatabaseError.
    Infrastructure(Settings given, const Options& options, Deployment deployment,
                   const std::vector<NamedService>& named_services);

    // Stops background work, which must not outlive what it uses, and the services' own threads; closes their
    // databases. Blocks. To be called once.
    void close();

    Settings settings;
    std::optional<DataFolder> folder;  // one process only
    runtime::SystemRandom random;
    runtime::Metrics metrics;
    runtime::EventLoopThread background;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(background.executor());
    std::unique_ptr<outbound::Transport> outbound;
    std::unique_ptr<outbound::Transport> to_services;  // a service's own program only
    std::unique_ptr<ServiceClient> services;
    std::unique_ptr<bus::Bus> bus;
    std::unique_ptr<history::Storage> history;  // of old events
    std::unique_ptr<pictures::Renderer> renderer;
    std::unique_ptr<Host> host;

  private:
    [[nodiscard]] std::unique_ptr<sql::Database> open_database(const std::string& service,
                                                               const std::string& name);
    void set_up_one_process(const Options& options);
    void set_up_own_program(const std::string& service);
    void set_up_node(const std::vector<NamedService>& named_services);
    void open_history();
    [[nodiscard]] std::unique_ptr<pictures::Store> open_pictures(std::string path);
    [[nodiscard]] std::unique_ptr<bus::Bus> connect_to_bus(const ServiceConnections& own,
                                                           const std::string& service);
};

}  // namespace stagedoor
