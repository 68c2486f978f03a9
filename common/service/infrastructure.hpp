// What the services of a program stand on.
#pragma once

#include <memory>
#include <optional>

#include "common/bus/bus.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/service/data_folder.hpp"
#include "common/service/host.hpp"
#include "common/service/remote_client.hpp"
#include "common/service/settings.hpp"

namespace stagedoor {

// In one process: a SQLite file per service in the data folder, and the embedded bus. As a program of its own: the
// service's PostgreSQL database, NATS JetStream, and the other services over HTTP.
struct Infrastructure {
    // Opens the databases and brings their schemas up to date. Throws StartupError or sql::DatabaseError.
    Infrastructure(Settings given, Deployment deployment, const std::vector<NamedService>& services);

    // Ends what the services run on threads of their own and closes their databases.
    void close();

    Settings settings;
    std::optional<DataFolder> folder;  // in one process
    runtime::SystemRandom random;
    runtime::Metrics metrics;
    runtime::EventLoopThread background;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(background.executor());
    std::unique_ptr<outbound::Transport> outbound;
    std::unique_ptr<outbound::Transport> to_services;  // as a program of its own
    std::unique_ptr<RemoteClient> services;
    std::unique_ptr<bus::Bus> bus;
    std::unique_ptr<Host> host;

  private:
    [[nodiscard]] std::unique_ptr<sql::Database> open_database(const std::string& name);
    void stand_in_one_process();
    void stand_as_own_program(const std::string& service);

    std::string own_service_;  // as a program of its own
};

}  // namespace stagedoor
