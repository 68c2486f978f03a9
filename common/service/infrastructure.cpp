#include "common/service/infrastructure.hpp"

#include <unistd.h>

#include <algorithm>

#include "common/bus/embedded/bus.hpp"
#include "common/bus/jetstream/bus.hpp"
#include "common/bus/node/bus.hpp"
#include "common/history/folder_storage.hpp"
#include "common/pictures/folder_store.hpp"
#include "common/pictures/process_renderer.hpp"
#include "common/runtime/folder.hpp"
#include "common/runtime/log.hpp"
#include "common/service/startup_error.hpp"
#include "common/sql/database.hpp"

namespace stagedoor {
namespace {

// Shorter than a gateway's timeout, so that the caller gets our error instead of the gateway's.
constexpr std::chrono::seconds database_timeout{4};

// A service's additional database is a schema in its main database.
std::string schema_name(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

// `content`: what is to be kept in it; `option`: --OPTION-folder chooses another one.
void make_writable_folder(const std::string& path, const std::string& content, const std::string& option) {
    try {
        runtime::make_folder(path);
    } catch (const std::runtime_error& error) {
        throw StartupError("can't keep " + content + ": " + error.what());
    }
    if (::access(path.c_str(), W_OK) != 0)
        throw StartupError("can't write to the " + option + " folder " + path + ": " +
                           std::generic_category().message(errno) +
                           "; correct its permissions or choose another one with --" + option + "-folder");
}

}  // namespace

Infrastructure::Infrastructure(Settings given, const Options& options, Deployment deployment,
                               const std::vector<NamedService>& named_services)
    : settings(std::move(given)), outbound(outbound::make_transport({.ca_file = settings.program.ca_file})) {
    switch (deployment) {
        case Deployment::one_process:
            set_up_one_process(options);
            break;
        case Deployment::own_program:
            set_up_own_program(named_services.front().name);
            break;
        case Deployment::node:
            set_up_node(named_services);
            break;
    }
    open_history();
    renderer = pictures::make_process_renderer(
        {.program = std::filesystem::canonical("/proc/self/exe").replace_filename("stagedoor-pictures")});
    auto open = [this](const std::string& service, const std::string& name) {
        return open_database(service, name);
    };
    HostParts parts{*clock,
                    random,
                    metrics,
                    *bus,
                    background.executor(),
                    settings,
                    open,
                    *outbound,
                    services.get(),
                    history.get(),
                    {.age = std::chrono::days{settings.program.history_days}}};
    parts.renderer = renderer.get();
    parts.open_pictures = [this](const std::string& path) { return open_pictures(path); };
    host = std::make_unique<Host>(std::move(parts), named_services);
}

void Infrastructure::open_history() {
    auto path = settings.program.history_folder;
    if (path.empty() && folder) path = folder->file("history");
    if (path.empty()) return;
    make_writable_folder(path, "old events", "history");
    history = std::make_unique<history::FolderStorage>(path);
}

std::unique_ptr<pictures::Store> Infrastructure::open_pictures(std::string path) {
    if (path.empty() && folder) path = folder->file("pictures");
    if (path.empty()) return nullptr;
    make_writable_folder(path, "pictures", "pictures");
    return std::make_unique<pictures::FolderStore>(path);
}

void Infrastructure::set_up_one_process(const Options& options) {
    folder.emplace(settings.program.data);
    options.generate_secrets(settings,
                             [this](const std::string& file) { return folder->stored_secret(file, random); });
    bus = std::make_unique<bus::EmbeddedBus>(*clock, metrics);
}

void Infrastructure::set_up_own_program(const std::string& service) {
    auto& program = settings.program;
    program.connections[service].database_url = program.database_url;
    bus = connect_to_bus({}, service);
    if (program.services.empty() && program.cells.empty()) return;
    to_services = outbound::make_transport({.max_concurrent = 1024,
                                            .ca_file = program.ca_file,
                                            .certificate_file = program.tls_certificate,
                                            .key_file = program.tls_key});
    if (program.cells.empty()) {
        services = std::make_unique<RemoteClient>(program.services, *to_services, *clock, metrics);
        return;
    }
    if (program.cells.since > clock->now())
        throw StartupError(
            "STAGEDOOR_CELLS_SINCE is in the future: what is made until then would be looked for in the "
            "first cell");
    services = std::make_unique<CellClient>(program.services, program.cells, *to_services, *clock, metrics);
}

void Infrastructure::set_up_node(const std::vector<NamedService>& named_services) {
    bus::NodeBus::Connections connections;
    for (const auto& [name, make, group] : named_services)
        connections[name] = connect_to_bus(settings.program.connections.at(name), name);
    bus = std::make_unique<bus::NodeBus>(std::move(connections), *clock, metrics);
}

std::unique_ptr<bus::Bus> Infrastructure::connect_to_bus(const ServiceConnections& own,
                                                         const std::string& service) {
    const auto& program = settings.program;
    auto or_shared = [](const std::string& given, const std::string& shared) {
        return given.empty() ? shared : given;
    };
    auto keys = program.event_keys;
    if (!program.event_signatures) {
        keys.trusted.clear();
        log::warning(
            "events are accepted unsigned, from anybody who can publish them; set EVENT_SIGNATURES to "
            "required once every program signs",
            {{"service", service}});
    }
    return std::make_unique<bus::JetStreamBus>(
        bus::JetStreamOptions{.servers = or_shared(own.nats_url, program.nats_url),
                              .credentials_file = or_shared(own.nats_credentials, program.nats_credentials),
                              .ca_file = program.nats_ca_file,
                              .certificate_file = program.nats_certificate,
                              .key_file = program.nats_key,
                              .replicas = static_cast<int>(program.nats_replicas),
                              .service = service,
                              .keys = std::move(keys)},
        *clock, random, metrics);
}

std::unique_ptr<sql::Database> Infrastructure::open_database(const std::string& service,
                                                             const std::string& name) {
    if (!folder) {
        return sql::open_postgres({.url = settings.program.connections.at(service).database_url,
                                   .schema = name == service ? "" : schema_name(name),
                                   .writers = static_cast<int>(settings.program.database_connections),
                                   .unreachable_timeout = database_timeout,
                                   .metrics = &metrics,
                                   .name = name},
                                  *clock);
    }
    return sql::open_sqlite({.path = folder->file(name + ".db"), .metrics = &metrics, .name = name}, *clock);
}

void Infrastructure::close() {
    background.stop();
    if (to_services) to_services->close();
    renderer->close();
    host->close();
}

}  // namespace stagedoor
