// One client's connection: reads requests and sends the responses in order, until one side closes it.
#pragma once

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/http/server/body_stream.hpp"
#include "common/http/server/request_parser.hpp"
#include "common/http/server/server_state.hpp"
#include "common/http/server/tls.hpp"
#include "contracts/message.hpp"

namespace stagedoor::http {

// TCP or a unix socket.
using StreamProtocol = boost::asio::generic::stream_protocol;

// Where a connection comes from.
struct PeerAddress {
    boost::asio::ip::address address;  // of TCP
    bool is_unix = false;
};

class Connection final : public std::enable_shared_from_this<Connection>, public ListHook {
  public:
    using Socket = StreamProtocol::socket;
    using Ticks = std::chrono::steady_clock;

    // If not `admitted`, it is over a limit and gets a 503. `client`: whose connection it counts as; empty:
    // nobody's. On the thread of the server's TlsContext.
    Connection(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, const PeerAddress& peer,
               bool admitted, std::string client);

    // Runs on the worker's executor until the connection ends.
    [[nodiscard]] static Task<> run(std::shared_ptr<Connection> self);

    // For the sweep and for drain; on the worker's thread.
    [[nodiscard]] Ticks::time_point deadline() const { return deadline_; }
    void expire();
    void close_if_idle();
    void end_stream();
    void cut_off();

  private:
    enum class Phase {
        handshake,  // of TLS
        idle,       // between requests
        head,       // reading
        body,       // reading
        handler,    // waiting for the handler
        late,       // the handler took too long: a 503 was sent, but its coroutine still waits for it
        write,      // sending the response
        stream,     // waiting for more of its body
        linger      // the last response was sent; keeps reading, so that a reset does not discard it
    };

    // False if it has failed.
    [[nodiscard]] Task<bool> handshake();
    [[nodiscard]] Task<> serve_requests();
    [[nodiscard]] Task<> reject_connection();
    // False if there is no further request; a rejection has been sent already.
    [[nodiscard]] Task<bool> read_request();
    [[nodiscard]] Task<bool> read_rest(RequestParser& parser);
    // The limit on the body of the request whose head has been read.
    [[nodiscard]] std::size_t body_limit(const Request& head);
    [[nodiscard]] bool take_place_for_large_body();
    void free_large_body();
    [[nodiscard]] Task<bool> receive();
    [[nodiscard]] Task<bool> receive_encrypted(boost::asio::mutable_buffer room);
    // Until it can be read or written, as `progress` says; false if it has ended.
    [[nodiscard]] Task<bool> wait_for(TlsProgress progress);
    [[nodiscard]] Task<> reject(Rejection rejection);
    [[nodiscard]] Task<Response> reject_body(const Rejection& rejection);
    // False if the connection is to be closed.
    [[nodiscard]] Task<bool> respond();
    [[nodiscard]] Task<> wait_for_retry(std::chrono::seconds retry_after);
    [[nodiscard]] bool has_left();
    [[nodiscard]] Task<bool> send(Response response);
    [[nodiscard]] Task<bool> write_rest();
    // Sends a body as it comes, until it ends or the client leaves.
    [[nodiscard]] Task<> send_stream(Response response);
    [[nodiscard]] Task<BodyStream::Taken> next_parts();
    [[nodiscard]] Task<bool> write_parts(const BodyStream::Taken& taken);
    void start_stream(std::shared_ptr<BodyStream> stream);
    void watch_reader();
    void look_at_reader();
    void wake_stream();
    [[nodiscard]] Task<> linger();

    void enter(Phase phase, std::chrono::milliseconds limit);
    void identify();
    void set_client();
    void prepare_output(Response& response);
    // Writes what the socket accepts at once; true when nothing is left, nullopt on an error.
    [[nodiscard]] std::optional<bool> write_some();
    [[nodiscard]] std::optional<bool> write_some_encrypted();
    // Nothing more is sent.
    void finish_sending(boost::system::error_code& error);
    void respond_late();
    void log_request(int status, std::size_t bytes) const;
    [[nodiscard]] std::string_view buffered() const;

    std::shared_ptr<ServerState> state_;
    Worker& worker_;
    Socket socket_;
    std::unique_ptr<TlsSession> tls_;  // null: not encrypted
    boost::asio::ip::address peer_;
    std::string peer_text_;
    bool peer_is_proxy_;
    bool admitted_;
    std::string client_;  // in ServerState::of_clients

    Phase phase_ = Phase::idle;
    Ticks::time_point deadline_;
    std::shared_ptr<boost::asio::steady_timer> retry_timer_;  // of a rejected client
    bool expired_ = false;                                    // while reading
    std::optional<std::string> large_body_of_;  // the network for which one is counted in ServerState
    std::optional<Message> no_room_;            // for a large body
    bool was_rejected_ = false;                 // the last request

    std::shared_ptr<BodyStream> stream_;                    // being sent
    std::optional<boost::asio::steady_timer> stream_wait_;  // for its next part
    std::atomic<bool> wake_posted_ = false;
    bool reader_left_ = false;

    boost::beast::flat_buffer input_;
    Request request_;
    RequestInfo info_;
    std::chrono::nanoseconds started_{};  // when the request was complete
    std::string output_;                  // the head, and a small body
    std::string large_body_;
    std::size_t written_ = 0;  // of both
};

}  // namespace stagedoor::http
