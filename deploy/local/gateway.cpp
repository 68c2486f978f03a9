#include "deploy/local/gateway.hpp"

#include <signal.h>

#include <array>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "deploy/local/waiting.hpp"

namespace stagedoor::local {
namespace {

constexpr char configuration[] = {
#embed "../nginx/stagedoor.conf.in"
};

struct PathRoute {
    std::string_view path, service;
    std::string_view patience;  // how long a copy may take before it is given up
    bool keyed = false;         // its POSTs take an Idempotency-Key
};
// A payment's outcome is waited for up to 15 s.
constexpr std::array routes{
    PathRoute{"/api/users", "auth", "10s"},         PathRoute{"/api/tickets", "tickets", "5s", true},
    PathRoute{"/api/orders", "orders", "5s", true}, PathRoute{"/api/payments", "payments", "20s", true},
    PathRoute{"/dev/mails", "notifications", "5s"}, PathRoute{"/", "client", "25s"}};

void replace(std::string& text, std::string_view word, const std::string& value) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
        text.replace(at, word.size(), value);
}

std::string upstream(std::string_view service, const std::vector<std::uint16_t>& ports) {
    auto text =
        "    upstream " + std::string{service} + " {\n        zone " + std::string{service} + " 64k;\n";
    for (auto port : ports) {
        text += "        server 127.0.0.1:" + std::to_string(port) +
                (ports.size() > 1 ? " max_fails=1 fail_timeout=1s;\n" : " max_fails=0;\n");
    }
    return text +
           "        keepalive 128;\n        keepalive_timeout 60s;\n        keepalive_requests 1000000;\n    "
           "}\n";
}

std::string pass_on(const PathRoute& route, std::string_view more) {
    return "            proxy_pass http://" + std::string{route.service} + std::string{more} +
           ";\n            proxy_read_timeout " + std::string{route.patience} + ";\n        }\n";
}

// What carries an Idempotency-Key is sent to another copy also when the first one may have had it.
std::string location(const PathRoute& route) {
    auto keyed = "/-/keyed/" + std::string{route.service};
    auto text = "        location " + std::string{route.path} + " {\n";
    if (route.keyed)
        text += "            if ($http_idempotency_key) {\n                rewrite ^ " + keyed +
                " last;\n            }\n";
    text += pass_on(route, "");
    if (!route.keyed) return text;
    return text + "        location = " + keyed +
           " {\n            internal;\n            proxy_next_upstream error timeout non_idempotent;\n" +
           pass_on(route, "$request_uri");
}

}  // namespace

Gateway::Gateway(std::filesystem::path folder, std::uint16_t port, const ServicePorts& services)
    : folder_(std::filesystem::absolute(folder)), port_(port ? port : free_port()) {
    std::filesystem::create_directories(folder_);
    std::string upstreams, locations;
    for (const auto& route : routes) {
        auto found = services.find(std::string{route.service});
        if (found == services.end()) continue;
        upstreams += upstream(route.service, found->second);
        locations += location(route);
    }
    std::string text{configuration, sizeof configuration};
    replace(text, "@FOLDER@", folder_.string());
    replace(text, "@PORT@", std::to_string(port_));
    replace(text, "@UPSTREAMS@", upstreams);
    replace(text, "@LOCATIONS@", locations);
    std::ofstream{folder_ / "nginx.conf"} << text;
}

void Gateway::start() {
    process_ = std::make_unique<Process>(
        "/usr/bin/setpriv",
        std::vector<std::string>{"--pdeathsig", "TERM", "/usr/sbin/nginx", "-e", "stderr", "-p",
                                 folder_.string(), "-c", (folder_ / "nginx.conf").string()},
        Variables{}, folder_);
    if (!comes_true([this] { return !runs() || listens(port_); }, 10s, 10ms) || !runs())
        throw std::runtime_error("nginx does not start:\n" + process_->errors());
}

void Gateway::stop() {
    process_->signal(SIGTERM);
    (void)process_->wait(10s);
}

}  // namespace stagedoor::local
