#include "deploy/local/nats_server.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "deploy/local/waiting.hpp"

namespace stagedoor::local {
namespace {

constexpr const char* user = "stagedoor";
constexpr const char* password = "only-on-loopback";

// The answer to a GET on a loopback port; empty when there is none.
std::string get(std::uint16_t port, const std::string& path) {
    auto socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        auto request = "GET " + path + " HTTP/1.0\r\n\r\n";
        if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
            char part[4096];
            for (ssize_t size = 0; (size = ::recv(socket, part, sizeof part, 0)) > 0;)
                answer.append(part, static_cast<std::size_t>(size));
        }
    }
    ::close(socket);
    return answer;
}

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
        if (&other != &self) file << " nats://127.0.0.1:" << other.port;
    }
    file << " ]\n}\n";
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
    if (!comes_true(ready, 20s, 10ms) || !runs())
        throw std::runtime_error("nats-server does not start:\n" + process_->errors());
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

}  // namespace stagedoor::local
