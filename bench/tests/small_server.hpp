// An HTTP server of one thread for the generator's own tests: it answers everybody in turn, so a pause of one
// answer is a pause of the whole server.
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

#include "bench/load/answer_reader.hpp"

namespace stagedoor::load {

struct Request {
    std::string head;
    std::string body;

    // The request line up to the version, as "GET /".
    std::string what() const { return head.substr(0, head.find(" HTTP/")); }
};

class SmallServer {
  public:
    // The bytes of the answer; empty hangs up.
    using Answering = std::function<std::string(const Request& request)>;

    explicit SmallServer(Answering answering, std::uint16_t port = 0)
        : answering_(std::move(answering)),
          acceptor_(context_, {boost::asio::ip::address_v4::loopback(), port}) {
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
        std::string answer;
    };
    using Held = std::shared_ptr<Session>;

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
            if (error) return;
            read(std::make_shared<Session>(std::move(socket), "", ""));
            accept();
        });
    }
    void read(const Held& session) {
        boost::asio::async_read_until(
            session->socket, boost::asio::dynamic_buffer(session->buffer), "\r\n\r\n",
            [this, session](boost::system::error_code error, std::size_t head_size) {
                if (!error) read_body(session, head_size);
            });
    }
    void read_body(const Held& session, std::size_t head_size) {
        Request request{session->buffer.substr(0, head_size), ""};
        auto body_size = std::stoul(std::string{header(request.head, "content-length").value_or("0")});
        session->buffer.erase(0, head_size);
        if (session->buffer.size() < body_size) {
            boost::asio::read(session->socket, boost::asio::dynamic_buffer(session->buffer),
                              boost::asio::transfer_exactly(body_size - session->buffer.size()));
        }
        request.body = session->buffer.substr(0, body_size);
        session->buffer.erase(0, body_size);
        session->answer = answering_(request);
        if (session->answer.empty()) return;
        boost::asio::async_write(session->socket, boost::asio::buffer(session->answer),
                                 [this, session](boost::system::error_code error, std::size_t) {
                                     if (!error) read(session);
                                 });
    }

    Answering answering_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

}  // namespace stagedoor::load
