#include "common/service/settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/http/authority.hpp"
#include "common/http/server/trusted_proxies.hpp"
#include "common/outbound/address.hpp"

namespace stagedoor {

bool ProgramSettings::is_local() const {
    return outbound::is_loopback(address) && (public_url.empty() || settings::is_loopback_url(public_url));
}

namespace settings {
namespace {

using Program = ProgramSettings;
constexpr auto own_program = Deployment::own_program;

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

Value<Program> addresses_of(const std::string& service) {
    return {[service](Program& program, const std::string& text) -> std::string {
                auto all = comma_separated(text);
                for (auto& each : all) {
                    if (each.ends_with('/')) each.pop_back();
                    if (!(each.starts_with("http://") || each.starts_with("https://")) || !host_in(each))
                        return "must look like http://" + service + ":8080, comma-separated";
                }
                program.services[service] = std::move(all);
                return {};
            },
            [](const Program&) { return std::string{}; }};
}

std::string upper(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::vector<Field<Program>> every_program() {
    return {
        {"--address", "STAGEDOOR_ADDRESS", "IP address to listen on; 0.0.0.0 for all",
         checked_text(&Program::address, check_address)},
        {"--port", "PORT", "port to listen on; 0 for any free one", whole(&Program::port, 0, 65535)},
        {"--admin-port", "STAGEDOOR_ADMIN_PORT", "port on 127.0.0.1 for metrics and admin routes; 0 for none",
         whole(&Program::admin_port, 0, 65535)},
        {"--admin-hosts", "STAGEDOOR_ADMIN_HOSTS",
         "host names at which operators reach the admin port and /dev/mails, comma-separated, besides IP "
         "addresses, localhost and the public URL's host",
         admin_hosts()},
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
        {"--threads", "STAGEDOOR_THREADS", "threads that handle requests", whole(&Program::threads, 1, 64)},
        {"--rate-limits", "STAGEDOOR_RATE_LIMITS",
         "off lifts the rate limits and the limit on unpaid orders, for load tests",
         on_or_off(&Program::rate_limits)},
        {"--ca-file", "STAGEDOOR_CA_FILE",
         "CA certificates (PEM) for mail server, payment provider and https:// service addresses; default: "
         "the system's",
         checked_text(&Program::ca_file, check_pem)},
        {"--drain-delay", "STAGEDOOR_DRAIN_DELAY", "seconds to keep accepting connections after SIGTERM",
         seconds(&Program::drain_delay_milliseconds, 60)},
        {"--views", "STAGEDOOR_VIEWS", "read templates and static files from this folder (development)",
         checked_text(&Program::views, check_folder)},
        {"--log-level", "STAGEDOOR_LOG_LEVEL",
         "lowest level of log lines: debug, info, warning, error or off",
         checked_text(&Program::log_level, check_log_level)},
    };
}

std::vector<Field<Program>> own_program_only() {
    auto file = [](std::string Program::* member) { return checked_text(member, check_file); };
    return {
        {"--database-connections", "STAGEDOOR_DATABASE_CONNECTIONS",
         "connections to the database that write at the same time; three to six more read, by cores",
         whole(&Program::database_connections, 1, 64), Kind::plain, own_program},
        {"--nats-credentials", "NATS_CREDENTIALS",
         "file with a user's JWT and seed for NATS, as written by nsc", file(&Program::nats_credentials),
         Kind::plain, own_program},
        {"--nats-ca-file", "NATS_CA_FILE", "CA certificates (PEM) for NATS; turns TLS on",
         file(&Program::nats_ca_file), Kind::plain, own_program},
        {"--nats-certificate", "NATS_CERTIFICATE", "client certificate (PEM) for NATS; needs --nats-key",
         file(&Program::nats_certificate), Kind::plain, own_program},
        {"--nats-key", "NATS_KEY", "key of --nats-certificate (PEM)", file(&Program::nats_key), Kind::plain,
         own_program},
        {"--nats-replicas", "NATS_REPLICAS",
         "servers that keep each stream: 3 in a cluster; must be the same for every program",
         whole(&Program::nats_replicas, 1, 5), Kind::plain, own_program},
        {"", "DATABASE_URL",
         "the service's database: postgresql://role:password@host:5432/database, in which a password's @ is "
         "%40; libpq parameters may follow ?",
         checked_text(&Program::database_url, check_database_url), Kind::secret, own_program},
        {"", "NATS_URL",
         "the bus: nats:// or tls://user:password@host:4222; all servers of a cluster, comma-separated",
         checked_text(&Program::nats_url, check_nats_url), Kind::secret, own_program},
    };
}

void check_program(const Program& program, const Program&, std::vector<std::string>& problems) {
    if (program.nats_certificate.empty() != program.nats_key.empty())
        problems.emplace_back("--nats-certificate and --nats-key are needed together");
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

Group program_settings(const std::vector<std::string>& calls) {
    auto fields = every_program();
    for (const auto& service : calls) {
        fields.push_back(
            {"--" + service + "-url", upper(service) + "_URL",
             "where " + service + " is, such as http://" + service + ":8080; replicas comma-separated",
             addresses_of(service), Kind::plain, own_program});
    }
    for (auto& field : own_program_only()) fields.push_back(std::move(field));
    return Table<Program>{std::move(fields), check_program, {}};
}

}  // namespace settings
}  // namespace stagedoor
