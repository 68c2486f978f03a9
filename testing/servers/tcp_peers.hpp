// The world outside, in the test's process: servers that say what they are told to, in clear or by TLS.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "testing/service/service_test.hpp"

namespace stagedoor::outbound::test {

// A key and a certificate for 127.0.0.1, made for this test and signed by nobody but itself.
class Certificate {
  public:
    Certificate();
    [[nodiscard]] std::string file() const { return folder_.file("certificate.pem"); }
    [[nodiscard]] boost::asio::ssl::context& tls() { return tls_; }

  private:
    runtime::TemporaryFolder folder_;
    boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_server};
};

// One connection of a server. At its end, and after a failed handshake, lines are empty and words go nowhere.
class Wire {
  public:
    Wire(boost::asio::ip::tcp::socket& socket, Certificate* certificate);

    [[nodiscard]] std::string line();  // without its end
    void take(std::size_t bytes);
    void say(std::string_view text);
    void start_tls();
    [[nodiscard]] bool ended() const { return ended_; }

    // Reads a request's head and body.
    void take_request();

  private:
    [[nodiscard]] bool fill();

    boost::asio::ip::tcp::socket& socket_;
    Certificate* certificate_;
    std::unique_ptr<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
    std::string input_;
    bool ended_ = false;
};

// Listens on a free port and holds `talk` with each who comes, on a thread of its own. It goes after the
// transport that talks with it.
class Peer {
  public:
    explicit Peer(std::function<void(Wire&)> talk, Certificate* certificate = nullptr);
    ~Peer();

    [[nodiscard]] std::string url(const std::string& scheme, const std::string& path = "/") const;
    [[nodiscard]] int connections() const { return connections_; }

  private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{
        context_, {boost::asio::ip::address_v4::loopback(), boost::asio::ip::port_type{0}}};
    std::atomic<int> connections_ = 0;
    std::vector<std::jthread> talks_;
    std::jthread thread_;
};

}  // namespace stagedoor::outbound::test
