#include "fleet/nats_server.hpp"

#include <signal.h>

#include <fstream>
#include <stdexcept>

#include "fleet/polling.hpp"

namespace stagedoor::fleet {
namespace {

constexpr const char* user = "stagedoor";
constexpr const char* password = "only-on-loopback";

}  // namespace

NatsServer::NatsServer(std::filesystem::path folder, Options options)
    : folder_(std::filesystem::absolute(folder)),
      port_(options.port ? options.port : free_port()),
      monitor_port_(free_port()),
      clustered_(!options.cluster.empty()) {
    std::filesystem::create_directories(folder_);
    std::ofstream file{folder_ / "nats.conf"};
    file << "listen: 127.0.0.1:" << port_ << "\nhttp: 127.0.0.1:" << monitor_port_
         << "\njetstream { store_dir: \"" << store().string()
         << "\", max_memory_store: 64MB, max_file_store: 8GB }\n"
         << "authorization { user: " << user << ", password: \"" << password << "\" }\n";
    if (!clustered_) return;
    const auto& self = options.cluster.at(options.member);
    file << "server_name: " << self.name
         << "\ncluster {\n  name: stagedoor\n  listen: 127.0.0.1:" << self.port << "\n  routes: [";
    for (const auto& other : options.cluster) {
        if (&other != &self) file << "\n    nats://127.0.0.1:" << other.port;
    }
    file << "\n  ]\n}\n";
}

void NatsServer::start() {
    process_ =
        std::make_unique<Process>("/usr/bin/setpriv",
                                  std::vector<std::string>{"--pdeathsig", "TERM", "/usr/sbin/nats-server",
                                                           "-c", (folder_ / "nats.conf").string()},
                                  Variables{}, folder_);
    auto ready = [this] {
        return !runs() ||
               get(monitor_port_, clustered_ ? "/varz" : "/healthz").find(" 200 ") != std::string::npos;
    };
    if (!becomes_true(ready, 60s, 10ms) || !runs())
        throw std::runtime_error("nats-server did not start:\n" + process_->errors());
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

std::string NatsServer::url() const {
    return std::string{"nats://"} + user + ":" + password + "@127.0.0.1:" + std::to_string(port_);
}

}  // namespace stagedoor::fleet
