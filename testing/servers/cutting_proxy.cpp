#include "testing/servers/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace stagedoor::sql {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void close_one(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

void send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

CuttingProxy::CuttingProxy(std::uint16_t server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, plain, &size) != 0)
        throw std::runtime_error("the proxy can't listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { run(); }};
}

CuttingProxy::~CuttingProxy() {
    ends_ = true;
    thread_.join();
    for (auto& pair : pairs_) {
        close_one(pair.client);
        close_one(pair.server);
    }
    close_one(listener_);
}

void CuttingProxy::run() {
    while (!ends_) {
        std::vector<pollfd> watched{{listener_, POLLIN, 0}};
        for (const auto& pair : pairs_) {
            watched.push_back({pair.client, POLLIN, 0});
            watched.push_back({pair.server, POLLIN, 0});
        }
        if (::poll(watched.data(), watched.size(), 20) <= 0) continue;
        for (std::size_t i = 0; i < pairs_.size(); ++i) {
            if (watched[1 + 2 * i].revents) from_client(pairs_[i]);
            if (watched[2 + 2 * i].revents) from_server(pairs_[i]);
        }
        if (watched[0].revents) accept_one();
    }
}

void CuttingProxy::accept_one() {
    Pair pair{::accept(listener_, nullptr, nullptr), ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    auto address = loopback(server_port_);
    if (refuses_ || ::connect(pair.server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close_one(pair.client);
        close_one(pair.server);
        return;
    }
    pairs_.push_back(pair);
}

void CuttingProxy::from_client(Pair& pair) {
    char buffer[65'536];
    auto got = ::recv(pair.client, buffer, sizeof buffer, 0);
    if (got <= 0) {
        close_one(pair.client);
        close_one(pair.server);
        return;
    }
    std::string_view bytes{buffer, static_cast<std::size_t>(got)};
    auto cut = bytes.contains(std::string_view{"COMMIT\0", 7}) ? next_.exchange(Cut::none) : Cut::none;
    if (cut != Cut::before_commit) send_all(pair.server, bytes);
    if (cut == Cut::none) return;
    // The server's side stays: it knows nothing of the cut.
    close_one(pair.client);
    ++cuts_;
}

void CuttingProxy::from_server(Pair& pair) {
    char buffer[65'536];
    auto got = ::recv(pair.server, buffer, sizeof buffer, 0);
    if (got <= 0) {
        close_one(pair.server);
        close_one(pair.client);
        return;
    }
    if (pair.client >= 0) send_all(pair.client, {buffer, static_cast<std::size_t>(got)});
}

}  // namespace stagedoor::sql
