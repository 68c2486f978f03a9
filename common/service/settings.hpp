// Everything that can be set, with its default: flags, else environment, else the default. One table
// (settings.cpp) says how each is called, read and limited.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stagedoor {

// What a program holds: all services, with everything embedded; or one of them, which meets the others over PostgreSQL,
// NATS and HTTP.
enum class Deployment { one_process, own_program };

// Where each service is reached: one address or more (copies), "http://127.0.0.1:4001".
using ServiceAddresses = std::map<std::string, std::vector<std::string>, std::less<>>;

// Who charges the buyers: the built-in test provider, or Stripe.
enum class PaymentProvider { test, stripe };

struct Settings {
    // Where it listens and what the world calls it.
    std::string address = "127.0.0.1";
    std::int64_t port = 8080;
    std::int64_t admin_port = 0;  // 0: none; metrics and admin routes on loopback
    std::string public_url;  // "https://tickets.example": fixes scheme and origin; empty: as the request says
    std::vector<std::string> trusted_proxies;
    std::int64_t threads = 2;  // that answer requests

    // Where its data is.
    std::string data = "data";
    std::string views;  // templates and static files read from this folder, not the program: development

    // How a service that is a program of its own reaches its database, the bus and the other services.
    std::string database_url;               // postgresql://role:password@host:port/database
    std::int64_t database_connections = 4;  // that write at the same time
    std::string nats_url;                   // nats://host:port, several with commas between
    std::string nats_credentials, nats_ca_file, nats_certificate, nats_key;  // files; empty: none
    std::int64_t nats_replicas = 1;                                          // of each stream
    ServiceAddresses services;

    // What the marketplace does.
    std::int64_t hold_seconds = 900;  // the time to pay
    std::int64_t unpaid_orders = 3;   // at most, per buyer
    bool rate_limits = true;          // off lifts rate and unpaid-order limits, for load tests
    std::string jwt_key_secret;       // encrypts the signing keys in auth's database
    std::int64_t key_rotation_days = 30;
    std::string mail_link_secret;  // what the tokens in mailed links are made with

    // How it is paid for.
    PaymentProvider payment_provider = PaymentProvider::test;
    std::int64_t fee_basis_points = 0;  // of 10 000, of each ticket's price: what the house keeps
    std::string stripe_url = "https://api.stripe.com";
    std::string stripe_secret_key, stripe_publishable_key, stripe_webhook_secret;

    // How mails go out.
    std::string smtp_url;         // empty: they are .eml files in the data folder
    bool smtp_demand_tls = true;  // refuse a server that speaks in clear
    std::string smtp_user, smtp_password;
    std::string mail_from = "tickets@localhost";
    std::optional<bool> mail_page;  // shows everybody's mails to everybody, where none are sent: development
    std::string ca_file;            // certificates to trust in the world outside, PEM; empty: the system's

    // How it runs.
    std::string log_level = "info";
    std::int64_t drain_delay_milliseconds = 2000;

    [[nodiscard]] bool https() const { return public_url.starts_with("https://"); }
    // Scheme and host for links in mails.
    [[nodiscard]] std::string origin() const {
        return public_url.empty() ? "http://localhost:" + std::to_string(port) : public_url;
    }
    // Whether only this machine can reach it, as far as the address and the public URL tell.
    [[nodiscard]] bool only_here() const;
    // What `--demo` adds where nothing was said: the page of mails, if nobody else can see it.
    void suit_demo() {
        if (!mail_page) mail_page = only_here();
    }
    [[nodiscard]] std::chrono::milliseconds time_to_pay() const { return std::chrono::seconds{hold_seconds}; }
};

}  // namespace stagedoor
