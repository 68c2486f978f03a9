#include "fleet/gateway.hpp"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string_view>

#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

constexpr char configuration[] = {
#embed "../deploy/nginx/stagedoor.conf.in"
};

constexpr char locations[] = {
#embed "../deploy/nginx/locations.conf"
};

// Only here: emails are not sent; notifications shows them on a page.
constexpr std::string_view mail_page = R"(        location ~* ^/dev/mails(?:/|$) {
            proxy_pass http://notifications;
            proxy_read_timeout 5s;
        }
)";

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

// Each service has a certificate with its own name, which is also that of its upstream.
std::string upstream_tls(const Identity& identity) {
    return "    proxy_ssl_protocols TLSv1.2 TLSv1.3;\n    proxy_ssl_verify on;\n    proxy_ssl_verify_depth "
           "3;\n"
           "    proxy_ssl_trusted_certificate " +
           identity.ca_file + ";\n    proxy_ssl_certificate " + identity.own.certificate +
           ";\n    proxy_ssl_certificate_key " + identity.own.key + ";\n";
}

}  // namespace

Gateway::Gateway(std::filesystem::path folder, std::uint16_t port, const ServicePorts& services, bool limited,
                 const std::optional<Identity>& identity)
    : folder_(std::filesystem::absolute(folder)), port_(port) {
    std::filesystem::create_directories(folder_);
    std::string upstreams;
    for (const auto& [service, ports] : services) upstreams += upstream(service, ports);
    std::string text{configuration, sizeof configuration};
    replace(text, "@FOLDER@", folder_.string());
    replace(text, "@PORT@", std::to_string(port_));
    replace(text, "@UPSTREAMS@", upstreams);
    replace(text, "@LOCATIONS@", std::string{locations, sizeof locations}.append(mail_page));
    if (identity) {
        replace(text, "proxy_pass http://", "proxy_pass https://");
        replace(text, "    # @UPSTREAM_TLS@\n", upstream_tls(*identity));
    }
    if (!limited) replace(text, "    limit_conn clients 256;\n", "");
    // Started by root, its worker would be nobody, who can't reach the pages that it keeps in our folder.
    if (::geteuid() == 0) text.insert(0, "user root;\n");
    std::ofstream{folder_ / "nginx.conf"} << text;
}

void Gateway::start() {
    require_free(port_, 2s);  // nginx tries as long; meanwhile another program there would answer for it
    process_ = std::make_unique<Process>(
        "/usr/bin/setpriv",
        std::vector<std::string>{"--pdeathsig", "TERM", "/usr/sbin/nginx", "-e", "stderr", "-p",
                                 folder_.string(), "-c", (folder_ / "nginx.conf").string()},
        Variables{}, folder_);
    if (!becomes_true([this] { return !runs() || listens(port_); }, 60s, 10ms) || !runs())
        throw std::runtime_error("nginx did not start:\n" + process_->errors());
}

void Gateway::stop() {
    process_->signal(SIGTERM);
    (void)process_->wait(10s);
}

}  // namespace stagedoor::fleet
