#include "common/service/infrastructure.hpp"

#include <algorithm>

#include "common/bus/embedded/bus.hpp"
#include "common/bus/jetstream/bus.hpp"
#include "common/service/startup_error.hpp"

namespace stagedoor {
namespace {

// Less than a gateway waits for an answer: ours says what is the matter.
constexpr std::chrono::seconds patience_with_database{4};

// A further database of a service is a schema in the one that it has.
std::string schema_name(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace

Infrastructure::Infrastructure(Settings given, Deployment deployment, const std::vector<NamedService>& all)
    : settings(std::move(given)), outbound(outbound::make_transport({.ca_file = settings.ca_file})) {
    if (deployment == Deployment::one_process)
        stand_in_one_process();
    else
        stand_as_own_program(all.front().name);
    host = std::make_unique<Host>(
        HostParts{*clock, random, metrics, *bus, background.executor(), settings,
                  [this](const std::string& name) { return open_database(name); }, *outbound, services.get()},
        all);
}

void Infrastructure::stand_in_one_process() {
    folder.emplace(settings.data);
    if (settings.jwt_key_secret.empty())
        settings.jwt_key_secret = folder->kept_secret("jwt-key.secret", random);
    if (settings.mail_link_secret.empty())
        settings.mail_link_secret = folder->kept_secret("mail-link.secret", random);
    bus = std::make_unique<bus::EmbeddedBus>(*clock, metrics);
}

void Infrastructure::stand_as_own_program(const std::string& service) {
    own_service_ = service;
    bus = std::make_unique<bus::JetStreamBus>(
        bus::JetStreamOptions{.servers = settings.nats_url,
                              .credentials_file = settings.nats_credentials,
                              .ca_file = settings.nats_ca_file,
                              .certificate_file = settings.nats_certificate,
                              .key_file = settings.nats_key,
                              .replicas = static_cast<int>(settings.nats_replicas)},
        *clock, random, metrics);
    if (settings.services.empty()) return;
    to_services = outbound::make_transport({.max_concurrent = 1024, .ca_file = settings.ca_file});
    services = std::make_unique<RemoteClient>(settings.services, *to_services, *clock, metrics);
}

std::unique_ptr<sql::Database> Infrastructure::open_database(const std::string& name) {
    if (!own_service_.empty()) {
        return sql::open_postgres({.url = settings.database_url,
                                   .schema = name == own_service_ ? "" : schema_name(name),
                                   .writers = static_cast<int>(settings.database_connections),
                                   .patience = patience_with_database,
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
