#include "testing/http/raw_connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace stagedoor::testing {

RawConnection::RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw NoResponse("no connection to port " + std::to_string(port));
    }
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawConnection::~RawConnection() { ::close(socket_); }

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

RawConnection::Read RawConnection::read_some(std::chrono::steady_clock::time_point deadline) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd readable{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) return Read::nothing;
    std::array<char, 16384> bytes{};
    auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return Read::end;
    input_.append(bytes.data(), static_cast<std::size_t>(count));
    return Read::some;
}

void RawConnection::read_more(std::chrono::steady_clock::time_point deadline) {
    switch (read_some(deadline)) {
        case Read::some:
            return;
        case Read::nothing:
            throw NoResponse("no response in time; so far: " + input_);
        case Read::end:
            throw NoResponse("the connection was closed; before that: " + input_);
    }
}

std::string RawConnection::read_through(std::string_view text, std::chrono::milliseconds timeout) {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    while (input_.find(text) == std::string::npos) read_more(deadline);
    auto size = input_.find(text) + text.size();
    auto read = input_.substr(0, size);
    input_.erase(0, size);
    return read;
}

Response RawConnection::read(std::chrono::milliseconds timeout) {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    auto more = [&] { read_more(deadline); };
    while (input_.find("\r\n\r\n") == std::string::npos) more();
    auto head = input_.substr(0, input_.find("\r\n\r\n") + 2);
    input_.erase(0, head.size() + 2);
    Response response;
    response.request = "raw request";
    response.status = std::stoi(head.substr(9, 3));
    for (auto at = head.find("\r\n") + 2; at < head.size();) {
        auto end = head.find("\r\n", at);
        auto colon = head.find(": ", at);
        response.headers.add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
        at = end + 2;
    }
    auto length_text = std::string{response.headers["Content-Length"]};
    auto length = length_text.empty() ? 0 : std::stoul(length_text);
    while (input_.size() < length) more();
    response.body = input_.substr(0, length);
    input_.erase(0, length);
    return response;
}

bool RawConnection::is_closed_within(std::chrono::milliseconds timeout) {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
        switch (read_some(deadline)) {
            case Read::some:
                continue;
            case Read::nothing:
                return false;
            case Read::end:
                return true;
        }
    }
}

}  // namespace stagedoor::testing
