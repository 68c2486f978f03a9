// Everything that can be set, with its default: flags, else environment, else the default. One table
// (settings.cpp) says how each is called, read and limited.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace stagedoor {

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

    // What the marketplace does.
    std::int64_t hold_seconds = 900;  // the time to pay
    std::int64_t unpaid_orders = 3;   // at most, per buyer
    bool rate_limits = true;          // off lifts rate and unpaid-order limits, for load tests
    std::string jwt_key_secret;       // encrypts the signing keys in auth's database
    std::int64_t key_rotation_days = 30;
    bool demo = false;

    // How it runs.
    std::string log_level = "info";
    std::int64_t drain_delay_milliseconds = 2000;

    [[nodiscard]] bool https() const { return public_url.starts_with("https://"); }
    [[nodiscard]] std::chrono::milliseconds time_to_pay() const { return std::chrono::seconds{hold_seconds}; }
};

}  // namespace stagedoor
