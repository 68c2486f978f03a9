// A server on a free port with two threads, and a client that sends exactly the bytes that the test gives it;
// both over TLS, if the test wants that.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <thread>

#include "common/http/routing/problem.hpp"
#include "common/http/server/server.hpp"
#include "common/http/tests/tls_client.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::http::test {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

class RawClient {
  public:
    explicit RawClient(std::uint16_t port, std::optional<int> receive_buffer = {},
                       const std::optional<ClientTls>& tls = {}) {
        socket_.open(tcp::v4());
        // A test that waits in vain should fail, not hang.
        timeval limit{.tv_sec = 10, .tv_usec = 0};
        setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (receive_buffer) socket_.set_option(tcp::socket::receive_buffer_size{*receive_buffer});
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
        socket_.set_option(tcp::no_delay{true});
        if (tls) tls_ = std::make_unique<TlsClient>(socket_.native_handle(), *tls);
    }

    void send(std::string_view bytes) {
        if (tls_)
            tls_->send(bytes);
        else
            boost::asio::write(socket_, boost::asio::buffer(bytes));
    }

    // The next response; status 0 if there is none.
    [[nodiscard]] Response read(bool with_body = true) {
        Response response{.status = 0};
        while (input_.find("\r\n\r\n") == std::string::npos) {
            if (!read_more()) return response;
        }
        auto head = input_.substr(0, input_.find("\r\n\r\n") + 2);
        input_.erase(0, head.size() + 2);
        response.status = std::stoi(head.substr(9, 3));
        for (auto at = head.find("\r\n") + 2; at < head.size();) {
            auto end = head.find("\r\n", at);
            auto colon = head.find(": ", at);
            response.headers.add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
            at = end + 2;
        }
        auto length = with_body && response.headers.has("Content-Length")
                          ? std::stoul(std::string{response.headers["Content-Length"]})
                          : 0;
        while (input_.size() < length) {
            if (!read_more()) return {.status = 0};
        }
        response.body = input_.substr(0, length);
        input_.erase(0, length);
        return response;
    }

    [[nodiscard]] Response exchange(std::string_view bytes) {
        send(bytes);
        return read();
    }
    [[nodiscard]] Response get(std::string_view target, std::string_view headers = "") {
        return exchange("GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{headers} +
                        "\r\n");
    }

    // Reads up to the end of `text`, as it is on the wire; false if it doesn't come.
    [[nodiscard]] bool receives(std::string_view text) {
        while (input_.find(text) == std::string::npos) {
            if (!read_more()) return false;
        }
        input_.erase(0, input_.find(text) + text.size());
        return true;
    }

    // Whether the server closed the connection without sending anything more.
    [[nodiscard]] bool at_end() { return input_.empty() && !read_more() && ended_; }

    void close() { socket_.close(); }
    void finish_sending() {
        if (tls_) tls_->finish_sending();
        socket_.shutdown(tcp::socket::shutdown_send);
    }
    [[nodiscard]] TlsClient& tls() { return *tls_; }

  private:
    bool read_more() {
        std::array<char, 16384> bytes;
        if (tls_) {
            auto received = tls_->read(bytes);
            ended_ = received <= 0;
            input_.append(bytes.data(), static_cast<std::size_t>(std::max(received, 0)));
            return received > 0;
        }
        boost::system::error_code error;
        auto count = socket_.read_some(boost::asio::buffer(bytes), error);
        ended_ = error == boost::asio::error::eof || error == boost::asio::error::connection_reset;
        input_.append(bytes.data(), count);
        return !error;
    }

    boost::asio::io_context context_;
    tcp::socket socket_{context_};
    std::unique_ptr<TlsClient> tls_;
    std::string input_;
    bool ended_ = false;
};

class RunningServer {
  public:
    // Of the servers and clients that follow; null: not encrypted.
    static inline const TestTls* tls = nullptr;

    explicit RunningServer(Handler handler, ServerOptions options = {}, log::Level level = log::Level::off) {
        log::start(level);
        if (tls && !options.tls.given()) options.tls = tls->files();
        server_ = serve(std::move(options), std::move(handler),
                        {contexts_[0].get_executor(), contexts_[1].get_executor()}, clock, random, metrics);
        for (auto& context : contexts_) threads_.emplace_back([&context] { context.run(); });
    }
    ~RunningServer() {
        for (auto& context : contexts_) context.stop();
        for (auto& thread : threads_) thread.join();
        server_.reset();
        log::stop();
    }

    [[nodiscard]] RawClient client(std::optional<int> receive_buffer = {}) {
        return RawClient{port(), receive_buffer, client_tls()};
    }
    [[nodiscard]] static std::optional<ClientTls> client_tls() {
        return tls ? std::optional{tls->client()} : std::nullopt;
    }
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }
    [[nodiscard]] Server& server() { return *server_; }
    [[nodiscard]] boost::asio::io_context& context() { return contexts_[0]; }

    // Waits until the metrics contain this line.
    [[nodiscard]] bool reports(std::string_view line) const {
        auto expected = "\n" + std::string{line} + "\n";
        auto end = std::chrono::steady_clock::now() + 10s;
        while (metrics.to_text().find(expected) == std::string::npos) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }
    [[nodiscard]] bool rejected(std::string_view reason, int times = 1) const {
        return reports(fmt::format("stagedoor_http_refused_total{{reason=\"{}\"}} {}", reason, times));
    }

  private:
    std::array<boost::asio::io_context, 2> contexts_{boost::asio::io_context{1}, boost::asio::io_context{1}};
    std::unique_ptr<runtime::Clock> owned_clock_ = runtime::make_system_clock(contexts_[0].get_executor());
    std::vector<std::jthread> threads_;

  public:
    runtime::Clock& clock = *owned_clock_;
    runtime::SystemRandom random;
    runtime::Metrics metrics;

  private:
    std::unique_ptr<Server> server_;
};

}  // namespace stagedoor::http::test
