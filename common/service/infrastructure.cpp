#include "common/service/infrastructure.hpp"

#include <algorithm>

#include "common/bus/embedded/bus.hpp"
#include "common/bus/jetstream/bus.hpp"
#include "common/service/startup_error.hpp"

namespace stagedoor {
namespace {

// Shorter than a gateway's timeout, so that the caller gets our error instead of the gateway's.
constexpr std::chrono::seconds database_timeout{4};

// A service's additional database is a schema in its main database.
std::string schema_name(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace

Infrastructure::Infrastructure(Settings given, const Options& options, Deployment deployment,
                               const std::vector<NamedService>& named_services)
    : settings(std::move(given)), outbound(outbound::make_transport({.ca_file = settings.program.ca_file})) {
    if (deployment == Deployment::one_process)
        set_up_one_process(options);
    else
        set_up_own_program(named_services.front().name);
    host = std::make_unique<Host>(
        HostParts{*clock, random, metrics, *bus, background.executor(), settings,
                  [this](const std::string& name) { return open_database(name); }, *outbound, services.get()},
        named_services);
}

void Infrastructure::set_up_one_process(const Options& options) {
    folder.emplace(settings.program.data);
    options.generate_secrets(settings,
                             [this](const std::string& file) { return folder->stored_secret(file, random); });
    bus = std::make_unique<bus::EmbeddedBus>(*clock, metrics);
}

void Infrastructure::set_up_own_program(const std::string& service) {
    const auto& program = settings.program;
    own_service_ = service;
    bus = std::make_unique<bus::JetStreamBus>(
        bus::JetStreamOptions{.servers = program.nats_url,
                              .credentials_file = program.nats_credentials,
                              .ca_file = program.nats_ca_file,
                              .certificate_file = program.nats_certificate,
                              .key_file = program.nats_key,
                              .replicas = static_cast<int>(program.nats_replicas)},
        *clock, random, metrics);
    if (program.services.empty()) return;
    to_services = outbound::make_transport({.max_concurrent = 1024, .ca_file = program.ca_file});
    services = std::make_unique<RemoteClient>(program.services, *to_services, *clock, metrics);
}

std::unique_ptr<sql::Database> Infrastructure::open_database(const std::string& name) {
    if (!own_service_.empty()) {
        return sql::open_postgres({.url = settings.program.database_url,
                                   .schema = name == own_service_ ? "" : schema_name(name),
                                   .writers = static_cast<int>(settings.program.database_connections),
                                   .unreachable_timeout = database_timeout,
                                   .metrics = &metrics,
                                   .name = name},
                                  *clock);
    }
    return sql::open_sqlite({.path = folder->file(name + ".db"), .metrics = &metrics, .name = name}, *clock);
}

void Infrastructure::close() {
    if (to_services) to_services->close();
    host->close();
}

}  // namespace stagedoor
