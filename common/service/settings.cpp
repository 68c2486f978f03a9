#include "common/service/settings.hpp"

#include <sys/un.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/bus/jetstream/options.hpp"
#include "common/http/authority.hpp"
#include "common/http/server/tls.hpp"
#include "common/http/server/trusted_proxies.hpp"
#include "common/outbound/address.hpp"
#include "common/runtime/random.hpp"
#include "contracts/events/signed.hpp"

namespace stagedoor {

bool ProgramSettings::is_local() const {
    return outbound::is_loopback(address) && (public_url.empty() || settings::is_loopback_url(public_url));
}

namespace settings {
namespace {

using Program = ProgramSettings;
const std::vector own_program_only{Deployment::own_program}, node_only{Deployment::node},
    not_one_process{Deployment::own_program, Deployment::node};

// The host of "scheme://host:port/path"; nullopt when there is none.
std::optional<std::string> host_in(std::string_view url) {
    auto begin = url.find("://");
    if (begin == std::string_view::npos) return std::nullopt;
    url.remove_prefix(begin + 3);
    return outbound::host_of(url.substr(0, url.find_first_of("/?#")));
}

std::vector<std::string> comma_separated(const std::string& text) {
    std::vector<std::string> all;
    std::stringstream list{text};
    for (std::string each; std::getline(list, each, ',');) {
        if (!each.empty()) all.push_back(each);
    }
    return all;
}

// Addresses only: the server does not resolve names.
std::string check_address(std::string& text) {
    boost::system::error_code error;
    boost::asio::ip::make_address(text, error);
    return error ? "must be an IP address, such as 127.0.0.1 or ::" : "";
}

std::string check_public_url(std::string& url) {
    if (url.ends_with('/')) url.pop_back();
    auto origin = http::Origin::parse(url);
    if (!origin) return "must be scheme and host only, such as https://tickets.example";
    url = origin->to_text();
    return {};
}

std::string check_folder(std::string& text) {
    return std::filesystem::is_directory(text) ? "" : "must be a folder";
}

std::string check_file(std::string& text) {
    return std::ifstream{text} ? "" : "must be a file that can be read";
}

std::string check_pem(std::string& text) {
    std::error_code error;
    std::ifstream file{text};
    if (!std::filesystem::is_regular_file(text, error) || !file) return "must be a file that can be read";
    std::string line;
    while (std::getline(file, line) && !line.starts_with("-----BEGIN ")) {
    }  // bundles begin with comments
    return file ? "" : "must hold certificates as PEM: -----BEGIN CERTIFICATE----- …";
}

std::string check_socket(std::string& text) {
    constexpr std::size_t max_path = sizeof(sockaddr_un::sun_path) - 1;
    auto folder = std::filesystem::path{text}.parent_path();
    if (text.size() > max_path) return "must have at most " + std::to_string(max_path) + " bytes";
    return folder.empty() || std::filesystem::is_directory(folder) ? "" : "must be in a folder that exists";
}

std::string check_log_level(std::string& text) {
    for (auto level : {"debug", "info", "warning", "error", "off"}) {
        if (text == level) return {};
    }
    return "must be debug, info, warning, error or off";
}

std::string check_database_url(std::string& text) {
    auto is_postgres = text.starts_with("postgresql://") || text.starts_with("postgres://");
    return is_postgres ? "" : "must look like postgresql://role:password@host:5432/database";
}

std::string check_nats_url(std::string& text) {
    for (const auto& each : comma_separated(text)) {
        if (!each.starts_with("nats://") && !each.starts_with("tls://"))
            return "must look like nats://user:password@host:4222, comma-separated";
    }
    return {};
}

Value<Program> trusted_proxies() {
    return {[](Program& program, const std::string& text) -> std::string {
                program.trusted_proxies = comma_separated(text);
                try {
                    http::TrustedProxies parsed{program.trusted_proxies};
                } catch (const std::exception& error) {
                    return error.what();
                }
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

Value<Program> confirmed_emails() {
    return {[](Program& program, const std::string& text) -> std::string {
                if (text != "required" && text != "optional") return "must be required or optional";
                program.confirmed_emails = text == "required";
                return {};
            },
            [](const Program&) { return std::string{}; }, "required or optional"};
}

Value<Program> admin_hosts() {
    return {[](Program& program, const std::string& text) -> std::string {
                program.admin_hosts.clear();
                for (const auto& each : comma_separated(text)) {
                    auto host = http::Authority::parse(each);
                    if (!host || host->port) return "must be host names without a port, comma-separated";
                    program.admin_hosts.push_back(std::move(host->host));
                }
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

bool is_address(const std::string& text) {
    return (text.starts_with("http://") || text.starts_with("https://")) && host_in(text);
}

Value<Program> addresses_of(const std::string& service) {
    return {[service](Program& program, const std::string& text) -> std::string {
                auto all = comma_separated(text);
                for (auto& each : all) {
                    if (each.ends_with('/')) each.pop_back();
                    if (!is_address(each))
                        return "must look like http://" + service + ":8080, comma-separated";
                }
                program.services[service] = std::move(all);
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

// Each cell's gateway knows the cell's services by their paths.
Value<Program> cells() {
    return {[](Program& program, const std::string& text) -> std::string {
                auto& all = program.cells.addresses;
                all.clear();
                for (const auto& each : comma_separated(text)) {
                    auto end = std::min(each.find('='), each.size());
                    auto cell = parse_whole(each.substr(0, end), 1, runtime::max_cell);
                    auto address = each.substr(std::min(end + 1, each.size()));
                    if (address.ends_with('/')) address.pop_back();
                    if (!cell || !is_address(address))
                        return "must look like 1=http://cell-1:8080,2=http://cell-2:8080";
                    for (auto service : services_of_a_cell)
                        all[static_cast<int>(*cell)][std::string{service}].push_back(address);
                }
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

Value<Program> cells_since() {
    return {[](Program& program, const std::string& text) -> std::string {
                auto time = Instant::parse(text);
                if (!time) return "must be a time such as 2027-06-30T00:00:00Z";
                program.cells.since = *time;
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

// Of a service, in its own program or in a node.
Value<Program> event_key(const std::string& service) {
    return {[service](Program& program, const std::string& text) -> std::string {
                auto key = bus::EventKey::parse(text);
                if (!key) return "must be 64 hexadecimal digits";
                program.event_keys.signing.insert_or_assign(service, *key);
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

// While a key is replaced, a service has two.
constexpr std::size_t max_keys_per_service = 2;

Value<Program> event_public_keys() {
    return {
        [](Program& program, const std::string& text) -> std::string {
            auto& trusted = program.event_keys.trusted;
            trusted.clear();
            for (const auto& each : comma_separated(text)) {
                auto end = std::min(each.find('='), each.size());
                auto key =
                    bus::EventPublicKey::parse(std::string_view{each}.substr(std::min(end + 1, each.size())));
                auto& keys = trusted[each.substr(0, end)];
                if (end == 0 || !key || keys.size() == max_keys_per_service)
                    return "must look like auth=KEY,payments=KEY, with at most two keys of a service, of 64 "
                           "hexadecimal digits each";
                keys.push_back(*key);
            }
            return {};
        },
        [](const Program&) { return std::string{}; }};
}

std::string upper(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::vector<Field<Program>> ports() {
    return {
        {"--address", "STAGEDOOR_ADDRESS", "IP address to listen on; 0.0.0.0 for all",
         checked_text(&Program::address, check_address)},
        {"--port", "PORT", "port to listen on; 0 for any free one", whole(&Program::port, 0, 65535)},
        {"--admin-port", "STAGEDOOR_ADMIN_PORT", "port for metrics and admin routes; 0 for none",
         whole(&Program::admin_port, 0, 65535)},
        {"--admin-address", "STAGEDOOR_ADMIN_ADDRESS",
         "IP address of the admin port; other machines can reach it if it is not 127.0.0.1, so it then needs "
         "STAGEDOOR_ADMIN_TOKEN",
         checked_text(&Program::admin_address, check_address)},
        {"", "STAGEDOOR_ADMIN_TOKEN",
         "bearer token that the admin port asks for, except on /healthz and /readyz; without it anyone on "
         "this "
         "machine is an operator",
         secret_text(&Program::admin_token), Kind::secret},
        {"--metrics-without-token", "STAGEDOOR_METRICS_WITHOUT_TOKEN",
         "on serves /metrics without the token, and lets the admin port listen on other addresses without "
         "one, then with metrics and probes only: where a network policy admits Prometheus alone",
         on_or_off(&Program::metrics_without_token)},
        {"--admin-socket", "STAGEDOOR_ADMIN_SOCKET",
         "unix socket with the routes of the admin port, for the program's own user and root, who need no "
         "token",
         checked_text(&Program::admin_socket, check_socket)},
        {"--admin-hosts", "STAGEDOOR_ADMIN_HOSTS",
         "host names at which operators reach the admin port and /dev/mails, comma-separated, besides IP "
         "addresses, localhost and the public URL's host",
         admin_hosts()},
        {"--tls-certificate", "STAGEDOOR_TLS_CERTIFICATE",
         "the program's certificate (PEM), followed by those between it and its CA; turns TLS on for the "
         "port, and for the admin port where other machines can reach it; also shown to other services; read "
         "again when it changes",
         any_text(&Program::tls_certificate)},
        {"--tls-key", "STAGEDOOR_TLS_KEY", "key of --tls-certificate (PEM)", any_text(&Program::tls_key)},
        {"--tls-client-ca", "STAGEDOOR_TLS_CLIENT_CA",
         "CA certificates (PEM): the port serves only clients with a certificate of one of them, such as the "
         "gateway and the other services",
         any_text(&Program::tls_client_ca)},
    };
}

std::vector<Field<Program>> every_program() {
    return {
        {"--data", "STAGEDOOR_DATA",
         "folder of the databases and of emails written as files; of the separate programs only "
         "notifications uses it",
         any_text(&Program::data)},
        {"--public-url", "STAGEDOOR_PUBLIC_URL",
         "scheme and host that visitors use, such as https://tickets.example",
         checked_text(&Program::public_url, check_public_url)},
        {"--trusted-proxies", "STAGEDOOR_TRUSTED_PROXIES",
         "proxies whose X-Forwarded headers are trusted: addresses or networks, comma-separated",
         trusted_proxies()},
        {"--trusted-hops", "STAGEDOOR_TRUSTED_HOPS",
         "instead: how many proxies every request passes, such as 1 for one gateway, whatever their "
         "addresses "
         "are; each must append to X-Forwarded-For",
         whole(&Program::trusted_hops, 0, 8)},
        {"--threads", "STAGEDOOR_THREADS", "threads that handle requests", whole(&Program::threads, 1, 64)},
        {"--rate-limits", "STAGEDOOR_RATE_LIMITS",
         "off lifts the rate limits and the limit on unpaid orders, for load tests",
         on_or_off(&Program::rate_limits)},
        {"--confirmed-emails", "STAGEDOOR_CONFIRMED_EMAILS",
         "whether holding and listing tickets needs a confirmed email address; default: required in a "
         "program "
         "that sends emails, else optional",
         confirmed_emails()},
        {"--ca-file", "STAGEDOOR_CA_FILE",
         "CA certificates (PEM) for mail server, payment provider, bucket of pictures and https:// service "
         "addresses; default: the system's",
         checked_text(&Program::ca_file, check_pem)},
        {"--drain-delay", "STAGEDOOR_DRAIN_DELAY", "seconds to keep accepting connections after SIGTERM",
         seconds(&Program::drain_delay_milliseconds, 60)},
        {"--history-days", "STAGEDOOR_HISTORY_DAYS",
         "age in days at which events move from the databases to compressed files; 0: never",
         whole(&Program::history_days, 0, 3650)},
        {"--history-folder", "STAGEDOOR_HISTORY_FOLDER",
         "folder of these files, the same for all replicas of a service; default: history in the data folder "
         "of one process; without it, separate programs and nodes move no events",
         any_text(&Program::history_folder)},
        {"--language", "STAGEDOOR_LANGUAGE",
         "language of pages and emails for visitors who prefer none of en, de, fr and es, or whose choice "
         "isn't "
         "known",
         choice<Program, Language>(
             &Program::language,
             {{"en", Language::en}, {"de", Language::de}, {"fr", Language::fr}, {"es", Language::es}})},
        {"--views", "STAGEDOOR_VIEWS", "read templates and static files from this folder (development)",
         checked_text(&Program::views, check_folder)},
        {"--log-level", "STAGEDOOR_LOG_LEVEL",
         "lowest level of log lines: debug, info, warning, error or off",
         checked_text(&Program::log_level, check_log_level)},
    };
}

std::vector<Field<Program>> servers() {
    auto file = [](std::string Program::* member) { return checked_text(member, check_file); };
    return {
        {"--database-connections", "STAGEDOOR_DATABASE_CONNECTIONS",
         "connections to a service's database that write at the same time; three to six more read, by cores",
         whole(&Program::database_connections, 1, 64), Kind::plain, not_one_process},
        {"--cell", "STAGEDOOR_CELL",
         "number of the cell whose listings and orders are made here, which their ids carry; 0 for none",
         whole(&Program::cell, 0, runtime::max_cell), Kind::plain, not_one_process},
        {"--nats-credentials", "NATS_CREDENTIALS",
         "file with a user's JWT and seed for NATS, as written by nsc", file(&Program::nats_credentials),
         Kind::plain, not_one_process},
        {"--nats-ca-file", "NATS_CA_FILE", "CA certificates (PEM) for NATS; turns TLS on",
         file(&Program::nats_ca_file), Kind::plain, not_one_process},
        {"--nats-certificate", "NATS_CERTIFICATE", "client certificate (PEM) for NATS; needs --nats-key",
         file(&Program::nats_certificate), Kind::plain, not_one_process},
        {"--nats-key", "NATS_KEY", "key of --nats-certificate (PEM)", file(&Program::nats_key), Kind::plain,
         not_one_process},
        {"--nats-replicas", "NATS_REPLICAS",
         "servers that keep each stream: 3 in a cluster; must be the same for every program",
         whole(&Program::nats_replicas, 1, 5), Kind::plain, not_one_process},
        {"--event-public-keys", "EVENT_PUBLIC_KEYS",
         "public keys of the services that sign their events: auth=KEY,payments=KEY; two of a service while "
         "its key is replaced",
         event_public_keys(), Kind::plain, not_one_process},
        {"--event-signatures", "EVENT_SIGNATURES",
         "required, or off: events are accepted from anybody who can publish them; only for the upgrade from "
         "a version that does not sign",
         choice<Program, bool>(&Program::event_signatures, {{"required", true}, {"off", false}}), Kind::plain,
         not_one_process},
        {"", "DATABASE_URL",
         "the service's database: postgresql://role:password@host:5432/database, in which a password's @ is "
         "%40; libpq parameters may follow ?",
         checked_text(&Program::database_url, check_database_url), Kind::secret, own_program_only},
        {"", "NATS_URL",
         "the bus: nats:// or tls://user:password@host:4222; all servers of a cluster, comma-separated",
         checked_text(&Program::nats_url, check_nats_url), Kind::secret, not_one_process},
    };
}

bool publishes(const std::string& service) { return bus::published_entities().contains(service); }

// Of the connections of one service.
Value<Program> connection(const std::string& service, std::string ServiceConnections::* member,
                          std::string (*check)(std::string& text)) {
    return {[=](Program& program, const std::string& text) -> std::string {
                auto tidied = text;
                auto wrong = check(tidied);
                if (wrong.empty()) program.connections[service].*member = std::move(tidied);
                return wrong;
            },
            [](const Program&) { return std::string{}; }};
}

// Each service of a node has a database of its own and may have a NATS user of its own.
std::vector<Field<Program>> connections_of(const std::string& service) {
    using Own = ServiceConnections;
    auto name = upper(service);
    std::vector<Field<Program>> fields{
        {"--" + service + "-nats-credentials", name + "_NATS_CREDENTIALS",
         "the same for the connection of " + service + ", instead of NATS_CREDENTIALS",
         connection(service, &Own::nats_credentials, check_file), Kind::plain, node_only},
        {"", name + "_DATABASE_URL", "the database of " + service + ", in the form of DATABASE_URL",
         connection(service, &Own::database_url, check_database_url), Kind::secret, node_only},
        {"", name + "_NATS_URL", "the bus for the connection of " + service + ", instead of NATS_URL",
         connection(service, &Own::nats_url, check_nats_url), Kind::secret, node_only},
    };
    if (publishes(service)) {
        fields.push_back({"", name + "_EVENT_KEY",
                          "signs the events of " + service + ", in the form of EVENT_KEY", event_key(service),
                          Kind::secret, node_only});
    }
    return fields;
}

std::string event_key_variable(Deployment deployment, const std::string& service) {
    return deployment == Deployment::node ? upper(service) + "_EVENT_KEY" : "EVENT_KEY";
}

// Without them, whoever can publish to the bus could sign in as anybody, or complete orders unpaid.
void check_event_keys(const Program& program, Deployment deployment, const std::vector<std::string>& services,
                      std::vector<std::string>& problems) {
    if (!program.event_signatures) return;
    const auto& [signing, trusted] = program.event_keys;
    std::string unknown;
    for (auto source : contracts::signing_services) {
        if (!trusted.contains(source)) unknown += (unknown.empty() ? "" : ", ") + std::string{source};
    }
    if (!unknown.empty())
        problems.push_back("EVENT_PUBLIC_KEYS has no key of " + unknown +
                           ", by which their events are verified; see docs/operations/nats.md");
    for (const auto& service : services) {
        auto variable = event_key_variable(deployment, service);
        auto key = signing.find(service);
        auto keys = trusted.find(service);
        if (key != signing.end()) {
            if (keys != trusted.end() &&
                std::ranges::find(keys->second, key->second.public_key()) == keys->second.end())
                problems.push_back(variable + " is not the private key of a key of " + service +
                                   " in EVENT_PUBLIC_KEYS");
        } else if (std::ranges::find(contracts::signing_services, service) !=
                   contracts::signing_services.end()) {
            problems.push_back(variable + " is missing: the key that signs the events of " + service +
                               "; see docs/operations/nats.md");
        }
    }
}

void check_tls(const Program& program, std::vector<std::string>& problems) {
    if (program.tls_certificate.empty() != program.tls_key.empty()) {
        problems.emplace_back("--tls-certificate and --tls-key are needed together");
    } else if (program.tls()) {
        auto problem = http::problem_with({program.tls_certificate, program.tls_key, program.tls_client_ca});
        if (!problem.empty()) problems.push_back("TLS: " + problem);
    } else if (!program.tls_client_ca.empty()) {
        problems.emplace_back("--tls-client-ca needs --tls-certificate and --tls-key");
    }
}

void check_program(const Program& program, std::vector<std::string>& problems) {
    check_tls(program, problems);
    if (program.nats_certificate.empty() != program.nats_key.empty())
        problems.emplace_back("--nats-certificate and --nats-key are needed together");
    if (program.trusted_hops > 0 && !program.trusted_proxies.empty())
        problems.emplace_back("--trusted-hops and --trusted-proxies exclude each other");
    if (program.admin_port != 0 && !outbound::is_loopback(program.admin_address) &&
        program.admin_token.empty() && !program.metrics_without_token) {
        problems.emplace_back(
            "STAGEDOOR_ADMIN_TOKEN is missing: with --admin-address other machines can reach the admin port; "
            "set a token, or --metrics-without-token on to serve metrics and probes only");
    }
}

void check_node(const Program& program, const std::vector<std::string>& services,
                std::vector<std::string>& problems) {
    std::string without_bus;
    for (const auto& service : services) {
        auto found = program.connections.find(service);
        auto own = found == program.connections.end() ? ServiceConnections{} : found->second;
        if (own.database_url.empty())
            problems.push_back(upper(service) + "_DATABASE_URL is missing: the database of " + service);
        if (own.nats_url.empty()) without_bus += (without_bus.empty() ? "" : ", ") + service;
    }
    if (program.nats_url.empty() && !without_bus.empty())
        problems.push_back("NATS_URL is missing: the bus, for " + without_bus);
}

}  // namespace

std::optional<std::int64_t> parse_whole(const std::string& text, std::int64_t min, std::int64_t max) {
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    auto is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && value >= min && value <= max ? std::optional{value} : std::nullopt;
}

std::optional<std::int64_t> parse_seconds(const std::string& text, std::int64_t max) {
    double value = -1;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    auto is_number = error == std::errc{} && end == text.data() + text.size();
    if (!is_number || !(value >= 0 && value <= static_cast<double>(max))) return std::nullopt;
    return std::llround(value * 1000);
}

std::string decimal_text(std::int64_t thousandths) {
    auto text = std::to_string(thousandths / 1000);
    auto rest = std::to_string(1000 + thousandths % 1000).substr(1);
    while (!rest.empty() && rest.back() == '0') rest.pop_back();
    return rest.empty() ? text : text + "." + rest;
}

bool has_host(std::string_view url) { return host_in(url).has_value(); }

bool is_loopback_url(std::string_view url) {
    auto host = host_in(url);
    return host && outbound::is_loopback(*host);
}

Group program_settings(Deployment deployment, const std::vector<std::string>& services,
                       const std::vector<std::string>& calls) {
    auto fields = ports();
    for (auto& field : every_program()) fields.push_back(std::move(field));
    for (const auto& service : calls) {
        fields.push_back(
            {"--" + service + "-url", upper(service) + "_URL",
             "where " + service + " is, such as http://" + service + ":8080; replicas comma-separated",
             addresses_of(service), Kind::plain, own_program_only});
    }
    if (!calls.empty()) {
        fields.push_back(
            {"--cells", "STAGEDOOR_CELLS",
             "the cells of tickets, orders, payments and admissions, with the address of each cell's "
             "gateway: "
             "1=http://cell-1:8080,2=http://cell-2:8080; instead of the addresses of these services",
             cells(), Kind::plain, own_program_only});
        fields.push_back({"--cells-since", "STAGEDOOR_CELLS_SINCE",
                          "listings and orders from before this time are in the first cell; needed if there "
                          "are any",
                          cells_since(), Kind::plain, own_program_only});
    }
    for (auto& field : servers()) fields.push_back(std::move(field));
    if (deployment == Deployment::own_program && !services.empty() && publishes(services.front())) {
        fields.push_back({"", "EVENT_KEY",
                          "the service's private key, which signs its events: 64 hexadecimal digits",
                          event_key(services.front()), Kind::secret, own_program_only});
    }
    for (const auto& service : services) {
        for (auto& field : connections_of(service)) fields.push_back(std::move(field));
    }
    auto check = [=](const Program& program, const Program&, std::vector<std::string>& problems) {
        check_program(program, problems);
        if (deployment == Deployment::node) check_node(program, services, problems);
        if (deployment != Deployment::one_process) check_event_keys(program, deployment, services, problems);
    };
    return Table<Program>{std::move(fields), check, {}};
}

}  // namespace settings
}  // namespace stagedoor
