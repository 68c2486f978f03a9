#include "fleet/nats_server.hpp"

#include <signal.h>

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <tuple>

#include "common/bus/jetstream/permissions.hpp"
#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

constexpr const char* nats_server = "/usr/sbin/nats-server";
constexpr const char* unrestricted_user = "stagedoor";
constexpr const char* unrestricted_password = "only-on-loopback";

constexpr char users[] = {
#embed "../deploy/kubernetes/components/nats-users/users.conf"
};

// Members of a cluster show each other their certificates.
std::string tls_block(const Identity& identity, bool of_members) {
    return "tls { cert_file: \"" + identity.own.certificate + "\", key_file: \"" + identity.own.key +
           (of_members ? "\", ca_file: \"" + identity.ca_file + "\", verify: true }\n" : "\" }\n");
}

std::string url_of(const std::string& user, const std::string& password, std::uint16_t port) {
    return "nats://" + user + ":" + password + "@127.0.0.1:" + std::to_string(port);
}

}  // namespace

bool knows_sync_interval(std::string_view version) {
    auto at = version.find_first_of("0123456789");
    if (at == std::string_view::npos) return false;
    int major = 0, minor = 0;
    const auto* end = version.data() + version.size();
    auto read = std::from_chars(version.data() + at, end, major);
    if (read.ptr == end || *read.ptr != '.') return false;
    std::from_chars(read.ptr + 1, end, minor);
    return std::tuple{major, minor} >= std::tuple{2, 10};
}

NatsServer::NatsServer(std::filesystem::path folder, Options options)
    : folder_(std::filesystem::absolute(folder)),
      port_(options.port ? options.port : free_port()),
      monitor_port_(free_port()),
      clustered_(!options.cluster.empty()),
      passwords_(std::move(options.passwords)) {
    std::filesystem::create_directories(folder_);
    std::ofstream file{folder_ / "nats.conf"};
    file << "listen: 127.0.0.1:" << port_ << "\nhttp: 127.0.0.1:" << monitor_port_
         << "\njetstream { store_dir: \"" << store().string()
         << "\", max_memory_store: 64MB, max_file_store: 8GB";
    if (options.syncs_messages && knows_sync_interval(run(nats_server, {"--version"}).output))
        file << ", sync_interval: always";
    file << " }\n";
    if (passwords_.empty()) {
        file << "authorization { user: " << unrestricted_user << ", password: \"" << unrestricted_password
             << "\" }\n";
    } else {
        file << "include users.conf\n";
        std::ofstream{folder_ / "users.conf"}.write(users, sizeof users);
    }
    if (options.identity) file << tls_block(*options.identity, false);
    if (!clustered_) return;
    std::string cluster_tls;
    const auto& self = options.cluster.at(options.member);
    if (options.identity) cluster_tls = tls_block(*options.identity, true);
    file << "server_name: " << self.name
         << "\ncluster {\n  name: stagedoor\n  listen: 127.0.0.1:" << self.port;
    if (!passwords_.empty()) file << "\n  authorization { user: cluster, password: $CLUSTER_NATS_PASSWORD }";
    file << "\n" << cluster_tls << "  routes: [";
    for (const auto& other : options.cluster) {
        if (&other == &self) continue;
        file << "\n    nats://";
        if (!passwords_.empty()) file << "cluster:" << passwords_.at("cluster") << "@";
        file << "127.0.0.1:" << other.port;
    }
    file << "\n  ]\n}\n";
}

void NatsServer::start() {
    Variables environment;
    for (const auto& [user, password] : passwords_) environment[bus::password_variable(user)] = password;
    auto ready = [this] {
        return !runs() ||
               get(monitor_port_, clustered_ ? "/varz" : "/healthz").find(" 200 ") != std::string::npos;
    };
    constexpr int max_attempts = 10;
    for (int attempt = 1;; ++attempt) {
        process_ = std::make_unique<Process>("/usr/bin/setpriv",
                                             std::vector<std::string>{"--pdeathsig", "TERM", nats_server,
                                                                      "-c", (folder_ / "nats.conf").string()},
                                             environment, folder_);
        if (becomes_true(ready, 60s, 10ms) && runs()) return;
        auto errors = process_->errors();
        // While it was down, somebody who looks for a free port may be trying this one.
        auto in_use = errors.find("address already in use") != std::string::npos;
        if (!in_use || attempt == max_attempts)
            throw std::runtime_error("nats-server did not start:\n" + errors);
    }
}

void NatsServer::stop() {
    process_->signal(SIGTERM);
    (void)process_->wait(20s);
}

void NatsServer::kill() {
    process_->signal(SIGKILL);
    (void)process_->wait(10s);
}

void NatsServer::wipe() { std::filesystem::remove_all(store()); }

std::string NatsServer::url() const { return url_of(unrestricted_user, unrestricted_password, port_); }

std::string NatsServer::url(const std::string& user) const {
    return url_of(user, passwords_.at(user), port_);
}

}  // namespace stagedoor::fleet
