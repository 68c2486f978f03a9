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

constexpr auto kAnswerLimit = std::chrono::seconds{30};
constexpr auto kSoon = std::chrono::seconds{30};
constexpr auto kBetweenQuestions = std::chrono::milliseconds{50};

Reply read_answer(boost::asio::ip::tcp::socket& socket) {
    AnswerReader reader;
    auto deadline = std::chrono::steady_clock::now() + kAnswerLimit;
    while (true) {
        if (auto answer = reader.next()) {
            return {answer->status, std::string{answer->head}, std::string{answer->body}};
        }
        auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{socket.native_handle(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error{"the server did not answer in time"};
        }
        auto space = reader.free_space();
        reader.received(socket.read_some(boost::asio::buffer(space.data(), space.size())));
    }
}

void check(const Reply& reply, int status, std::string_view method, std::string_view path) {
    if (reply.status == status) return;
    throw std::runtime_error{fmt::format("{} {} answered {}, not {}: {}", method, path, reply.status, status,
                                         reply.body.substr(0, 300))};
}

}  // namespace

boost::json::value Reply::json() const { return boost::json::parse(body); }

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

Reply Api::call(std::string_view method, std::string_view path, std::string_view cookie,
                std::string_view body) {
    boost::asio::ip::tcp::socket socket{context_};
    socket.connect(server_);
    auto host = fmt::format("{}:{}", server_.address().to_string(), server_.port());
    boost::asio::write(socket, boost::asio::buffer(request_bytes(method, path, host, cookie, "", body)));
    return read_answer(socket);
}

Reply Api::expect(int status, std::string_view method, std::string_view path, std::string_view cookie,
                  std::string_view body) {
    auto reply = call(method, path, cookie, body);
    check(reply, status, method, path);
    return reply;
}

Reply Api::expect_soon(int status, std::string_view method, std::string_view path, std::string_view cookie,
                       std::string_view body) {
    Reply reply;
    wait_until([&] { return (reply = call(method, path, cookie, body)).status == status; }, kSoon);
    check(reply, status, method, path);
    return reply;
}

std::optional<std::chrono::milliseconds> wait_until(const std::function<bool()>& is_so,
                                                    std::chrono::milliseconds limit) {
    using Clock = std::chrono::steady_clock;
    auto start = Clock::now();
    while (!is_so()) {
        if (Clock::now() >= start + limit) return std::nullopt;
        std::this_thread::sleep_for(kBetweenQuestions);
    }
    return std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - start);
}

}  // namespace stagedoor::load
