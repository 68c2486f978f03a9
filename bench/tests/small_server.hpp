// A single-threaded HTTP server for the generator's own tests: a delay in one response delays all others.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "bench/load/response_reader.hpp"

namespace stagedoor::load {

struct Request {
    std::string head;
    std::string body;

    // Method and target, e.g. "GET /".
    std::string method_and_target() const { return head.substr(0, head.find(" HTTP/")); }
};

class SmallServer {
  public:
    // Returns the bytes of the response; empty closes the connection.
    using Handler = std::function<std::string(const Request& request)>;

    explicit SmallServer(Handler handler, std::uint16_t port = 0)
        : handler_(std::move(handler)), acceptor_(context_, {boost::asio::ip::address_v4::loopback(), port}) {
        accept();
        thread_ = std::thread{[this] { context_.run(); }};
    }
    ~SmallServer() {
        context_.stop();
        thread_.join();
    }
    boost::asio::ip::tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  private:
    struct Session {
        boost::asio::ip::tcp::socket socket;
        std::string buffer;
        std::string response;
    };
    using SessionPtr = std::shared_ptr<Session>;

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
            if (error) return;
            read(std::make_shared<Session>(std::move(socket), "", ""));
            accept();
        });
    }
    void read(const SessionPtr& session) {
        boost::asio::async_read_until(
            session->socket, boost::asio::dynamic_buffer(session->buffer), "\r\n\r\n",
            [this, session](boost::system::error_code error, std::size_t head_size) {
                if (!error) read_body(session, head_size);
            });
    }
    void read_body(const SessionPtr& session, std::size_t head_size) {
        Request request{session->buffer.substr(0, head_size), ""};
        auto body_size = std::stoul(std::string{header(request.head, "content-length").value_or("0")});
        session->buffer.erase(0, head_size);
        if (session->buffer.size() < body_size) {
            boost::asio::read(session->socket, boost::asio::dynamic_buffer(session->buffer),
                              boost::asio::transfer_exactly(body_size - session->buffer.size()));
        }
        request.body = session->buffer.substr(0, body_size);
        session->buffer.erase(0, body_size);
        session->response = handler_(request);
        if (session->response.empty()) return;
        boost::asio::async_write(session->socket, boost::asio::buffer(session->response),
                                 [this, session](boost::system::error_code error, std::size_t) {
                                     if (!error) read(session);
                                 });
    }

    Handler handler_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

}  // namespace stagedoor::load
