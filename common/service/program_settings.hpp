// The settings that every program has.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/bus/signature.hpp"
#include "common/language/language.hpp"
#include "common/service/cells.hpp"

namespace stagedoor {

// What a program contains: all services, with everything embedded; one service, which uses PostgreSQL and
// reaches the others over NATS and HTTP; or all services, which use PostgreSQL and reach other nodes over
// NATS.
enum class Deployment { one_process, own_program, node };

// What a service of a node has for itself.
struct ServiceConnections {
    std::string database_url;
    std::string nats_url, nats_credentials;  // empty: the program's
};

struct ProgramSettings {
    // Where it listens, and how visitors reach it.
    std::string address = "127.0.0.1";
    std::int64_t port = 8080;
    std::int64_t admin_port = 0;  // 0: none; metrics and admin routes
    std::string admin_address = "127.0.0.1", admin_token;
    std::string admin_socket;            // a unix socket with the same routes; empty: none
    bool metrics_without_token = false;  // serves /metrics without a token, also beyond loopback
    // Files, PEM. With a certificate, it speaks TLS only; with a CA of clients, to their certificates only.
    std::string tls_certificate, tls_key, tls_client_ca;
    std::string public_url;  // "https://tickets.example": fixes scheme and origin; empty: the request's own
    // What operators may call this machine on the admin port and at /dev/mails, in lower case.
    std::vector<std::string> admin_hosts;
    std::vector<std::string> trusted_proxies;
    std::int64_t trusted_hops = 0;  // alternative to trusted_proxies: how many proxies every request passes
    std::int64_t threads = 2;       // request threads

    bool demo = false;          // `serve --demo`
    std::string data = "data";  // folder of the databases and generated secrets
    // For development: templates and static files are read from this folder instead of the program.
    std::string views;
    Language language = Language::en;  // if the visitor prefers none of ours
    std::string ca_file;               // CA certificates for outgoing connections, PEM; empty: the system's
    bool rate_limits = true;           // off lifts rate limits and the limit on unpaid orders, for load tests
    // Whether holding and listing need a confirmed address; unset: if it can be confirmed.
    std::optional<bool> confirmed_emails;
    bool sends_emails = false;  // real ones; set only where notifications runs
    std::string log_level = "info";
    std::int64_t drain_delay_milliseconds = 2000;
    // Old events. Long enough that nobody needs the rows any more, and that a wrong clock does not matter.
    std::int64_t history_days = 90;  // when they leave the outbox; 0: never
    std::string history_folder;      // where they go; empty: in the data folder, or nowhere without one

    // How a service's own program or a node reaches its database, the bus and the other services.
    std::string database_url;               // postgresql://role:password@host:port/database
    std::int64_t database_connections = 4;  // that write at the same time
    std::string nats_url;                   // nats://host:port, comma-separated
    std::string nats_credentials, nats_ca_file, nats_certificate, nats_key;  // files; empty: none
    std::int64_t nats_replicas = 1;                                          // of each stream
    bus::EventKeys event_keys;     // signing: of this program's services
    bool event_signatures = true;  // off accepts unsigned events, while upgrading from versions without
    ServiceAddresses services;
    std::int64_t cell = 0;  // in which new listings and orders are created; 0: none
    Cells cells;            // the cells that it sends requests to
    std::map<std::string, ServiceConnections, std::less<>> connections;  // of a node, by service

    [[nodiscard]] bool https() const { return public_url.starts_with("https://"); }
    [[nodiscard]] bool tls() const { return !tls_certificate.empty(); }
    [[nodiscard]] std::string scheme() const { return tls() ? "https" : "http"; }
    // Scheme and host for links in emails.
    [[nodiscard]] std::string origin() const {
        return public_url.empty() ? scheme() + "://localhost:" + std::to_string(port) : public_url;
    }
    [[nodiscard]] bool needs_confirmed_emails() const { return confirmed_emails.value_or(sends_emails); }
    // Whether only this machine can reach it, as far as the address and the public URL tell.
    [[nodiscard]] bool is_local() const;
};

}  // namespace stagedoor
