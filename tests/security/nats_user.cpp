#include "tests/security/nats_user.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "common/bus/jetstream/permissions.hpp"

namespace stagedoor::testing {
namespace {

constexpr int timeout_ms = 2'000;

// Of nats://USER:PASSWORD@….
std::string password_in(const std::string& url) {
    auto begin = url.find(':', url.find("://") + 3) + 1;
    return url.substr(begin, url.find('@') - begin);
}

int connect_to(std::uint16_t port) {
    auto connected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    if (connected < 0 ||
        ::connect(connected, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no connection to nats-server");
    return connected;
}

}  // namespace

NatsUser::NatsUser(const fleet::NatsServer& server, const std::string& name)
    : name_(name), inbox_(bus::inbox_prefix(name) + "attack"), socket_(connect_to(server.port())) {
    send(fmt::format(
        R"(CONNECT {{"verbose":false,"pedantic":false,"headers":true,"protocol":1,"user":"{}","pass":"{}"}})"
        "\r\n",
        name, password_in(server.url(name))));
    if (auto denied = sync(); !denied.empty()) throw std::runtime_error(denied);
}

NatsUser::~NatsUser() { ::close(socket_); }

void NatsUser::send(const std::string& bytes) {
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("nats-server has closed the connection");
}

bool NatsUser::receive(int timeout) {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, timeout) <= 0) return false;
    char buffer[16'384];
    auto size = ::recv(socket_, buffer, sizeof buffer, 0);
    if (size <= 0) throw std::runtime_error("nats-server has closed the connection: " + denied_);
    input_.append(buffer, static_cast<std::size_t>(size));
    parse();
    return true;
}

// MSG and HMSG end with the sizes of what follows their line.
void NatsUser::parse() {
    for (auto end = input_.find("\r\n"); end != std::string::npos; end = input_.find("\r\n")) {
        auto line = input_.substr(0, end);
        if (line.starts_with("MSG ") || line.starts_with("HMSG ")) {
            auto last = line.rfind(' ');
            auto size = std::stoul(line.substr(last + 1));
            auto before = line.rfind(' ', last - 1);
            auto headers = line[0] == 'H' ? std::stoul(line.substr(before + 1, last - before - 1)) : 0;
            if (input_.size() < end + 2 + size + 2) return;
            messages_.push_back(input_.substr(end + 2 + headers, size - headers));
            input_.erase(0, end + 2 + size + 2);
            continue;
        }
        if (line == "PONG") pong_ = true;
        if (line == "PING") send("PONG\r\n");
        if (line.starts_with("-ERR ")) denied_ = line.substr(6, line.size() - 7);
        input_.erase(0, end + 2);
    }
}

// Waits until the server has read everything; returns what it has denied.
std::string NatsUser::sync() {
    pong_ = false;
    denied_.clear();
    send("PING\r\n");
    while (!pong_) {
        if (!receive(timeout_ms)) throw std::runtime_error("nats-server does not respond");
    }
    return denied_;
}

std::string NatsUser::publish(const std::string& subject, const std::string& data,
                              const std::string& signature, const std::string& reply) {
    auto to = reply.empty() ? subject : subject + " " + reply;
    if (signature.empty()) {
        send(fmt::format("PUB {} {}\r\n{}\r\n", to, data.size(), data));
    } else {
        auto headers = "NATS/1.0\r\nStagedoor-Signature: " + signature + "\r\n\r\n";
        send(fmt::format("HPUB {} {} {}\r\n{}{}\r\n", to, headers.size(), headers.size() + data.size(),
                         headers, data));
    }
    return sync();
}

std::string NatsUser::subscribe(const std::string& subject) {
    send(fmt::format("SUB {} {}\r\n", subject, ++subscriptions_));
    return sync();
}

std::string NatsUser::request(const std::string& subject, const std::string& data) {
    auto reply = inbox_ + "." + std::to_string(++subscriptions_);
    if (auto denied = subscribe(reply); !denied.empty()) return "denied: " + denied;
    (void)messages();
    if (auto denied = publish(subject, data, "", reply); !denied.empty()) return "denied: " + denied;
    auto received = messages(true);
    return received.empty() ? "" : received.back();
}

std::vector<std::string> NatsUser::messages(bool wait) {
    while (wait && messages_.empty() && receive(timeout_ms)) {
    }
    while (receive(0)) {
    }
    return std::exchange(messages_, {});
}

}  // namespace stagedoor::testing
