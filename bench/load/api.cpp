#include "bench/load/api.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>
#include <thread>

namespace stagedoor::load {
namespace {

constexpr auto response_timeout = std::chrono::seconds{30};
constexpr auto convergence_timeout = std::chrono::seconds{30};
constexpr auto poll_interval = std::chrono::milliseconds{50};

http::Headers headers_in(std::string_view head) {
    http::Headers headers;
    while (!head.empty()) {
        auto line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(line.size() + 2, head.size()));
        if (auto colon = line.find(':'); colon != std::string_view::npos)
            headers.add(std::string{line.substr(0, colon)},
                        std::string{http::trimmed(line.substr(colon + 1))});
    }
    return headers;
}

ApiResponse read_response(boost::asio::ip::tcp::socket& socket) {
    ResponseReader reader;
    auto deadline = std::chrono::steady_clock::now() + response_timeout;
    while (true) {
        if (auto response = reader.next()) {
            return {{response->status, headers_in(response->head), std::string{response->body}}};
        }
        auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{socket.native_handle(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error{"no response in time"};
        }
        auto space = reader.free_space();
        reader.received(socket.read_some(boost::asio::buffer(space.data(), space.size())));
    }
}

void check(const ApiResponse& response, int status, std::string_view method, std::string_view path) {
    if (response.status == status) return;
    throw std::runtime_error{fmt::format("{} {}: status {} instead of {}: {}", method, path, response.status,
                                         status, response.body.substr(0, 300))};
}

}  // namespace

boost::json::value ApiResponse::json() const { return boost::json::parse(body); }

std::string request_bytes(std::string_view method, std::string_view path, std::string_view host,
                          std::string_view cookie, std::string_view more_fields, std::string_view body) {
    auto bytes = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, path, host);
    if (!cookie.empty()) bytes += fmt::format("Cookie: {}\r\n", cookie);
    bytes += more_fields;
    if (!body.empty())
        bytes += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    else if (method != "GET")
        bytes += "Content-Length: 0\r\n";
    bytes += "\r\n";
    bytes += body;
    return bytes;
}

ApiResponse Api::call(std::string_view method, std::string_view path, std::string_view cookie,
                      std::string_view body) {
    boost::asio::ip::tcp::socket socket{context_};
    socket.connect(server_);
    auto host = fmt::format("{}:{}", server_.address().to_string(), server_.port());
    boost::asio::write(socket, boost::asio::buffer(request_bytes(method, path, host, cookie, "", body)));
    return read_response(socket);
}

ApiResponse Api::expect(int status, std::string_view method, std::string_view path, std::string_view cookie,
                        std::string_view body) {
    auto response = call(method, path, cookie, body);
    check(response, status, method, path);
    return response;
}

ApiResponse Api::expect_soon(int status, std::string_view method, std::string_view path,
                             std::string_view cookie, std::string_view body) {
    ApiResponse response;
    wait_until([&] { return (response = call(method, path, cookie, body)).status == status; },
               convergence_timeout);
    check(response, status, method, path);
    return response;
}

std::optional<std::chrono::milliseconds> wait_until(const std::function<bool()>& condition,
                                                    std::chrono::milliseconds timeout) {
    auto now = std::chrono::steady_clock::now;
    auto start = now();
    while (!condition()) {
        if (now() >= start + timeout) return std::nullopt;
        std::this_thread::sleep_for(poll_interval);
    }
    return std::chrono::ceil<std::chrono::milliseconds>(now() - start);
}

}  // namespace stagedoor::load
