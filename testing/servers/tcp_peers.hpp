// Stand-ins for external servers, in the test's process: they send whatever the test wants, in plain text or
// over TLS.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/outbound/outbound.hpp"
#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::outbound::test {

// A key and a self-signed certificate for 127.0.0.1, made for this test.
class Certificate {
  public:
    Certificate();
    [[nodiscard]] std::string file() const { return folder_.file("certificate.pem"); }
    [[nodiscard]] boost::asio::ssl::context& tls() { return tls_; }

  private:
    runtime::TemporaryFolder folder_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
};

// A server's side of one connection. Once it has ended (or its handshake failed), lines are empty and nothing
// is sent.
class Wire {
  public:
    Wire(boost::asio::ip::tcp::socket& socket, Certificate* certificate);

    [[nodiscard]] std::string line();  // without CRLF
    void receive(std::size_t bytes);
    void send(std::string_view text);
    void start_tls();
    [[nodiscard]] bool ended() const { return ended_; }

    // Receives a request's head and body.
    void receive_request();

  private:
    [[nodiscard]] bool fill();

    boost::asio::ip::tcp::socket& socket_;
    Certificate* certificate_;
    std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    std::string input_;
    bool ended_ = false;
};

// Listens on a free port and runs `serve` for each connection on a thread of its own. It must outlive the
// transport that connects to it.
class Peer {
  public:
    explicit Peer(std::function<void(Wire&)> serve, Certificate* certificate = nullptr);
    ~Peer();

    [[nodiscard]] std::string url(const std::string& scheme, const std::string& path = "/") const;
    [[nodiscard]] int connections() const { return connections_; }

  private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{
        context_, {boost::asio::ip::address_v4::loopback(), boost::asio::ip::port_type{0}}};
    std::atomic<int> connections_ = 0;
    std::vector<std::jthread> connection_threads_;
    std::jthread thread_;
};

}  // namespace stagedoor::outbound::test
