// One client's connection: reads requests, has them answered in order, until one side has had enough.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/http/server/request_parser.hpp"
#include "common/http/server/server_state.hpp"

namespace stagedoor::http {

class Connection final : public std::enable_shared_from_this<Connection>, public ListHook {
  public:
    using Socket = boost::asio::ip::tcp::socket;
    using Ticks = std::chrono::steady_clock;

    // An admitted one is served; one over the limit is told so.
    Connection(std::shared_ptr<ServerState> state, Lane& lane, Socket socket, bool admitted);

    // Runs on the lane's executor to the connection's end.
    [[nodiscard]] static Task<> run(std::shared_ptr<Connection> self);

    // For the sweep and for drain; on the lane's thread.
    [[nodiscard]] Ticks::time_point deadline() const { return deadline_; }
    void expire();
    void close_if_idle();
    void cut_off();

  private:
    enum class Phase {
        idle,     // nothing of a request is here yet
        head,     // reading
        body,     // reading
        handler,  // waiting for the answer
        late,     // the handler took too long and was answered for; its coroutine still waits for it
        write,    // sending the answer
        linger    // the last answer is out; reads on, so that the client gets it before a reset
    };

    [[nodiscard]] Task<> converse();
    [[nodiscard]] Task<> turn_away();
    // False when there is no request to come; what had to be said about that has been said.
    [[nodiscard]] Task<bool> read_request();
    [[nodiscard]] Task<bool> read_rest(RequestParser& parser);
    [[nodiscard]] Task<bool> receive();
    [[nodiscard]] Task<> refuse(Refusal refusal);
    // False when the connection is to end.
    [[nodiscard]] Task<bool> answer();
    [[nodiscard]] Task<bool> send(Response response);
    [[nodiscard]] Task<bool> write_rest();
    [[nodiscard]] Task<> linger();

    void enter(Phase phase, std::chrono::milliseconds limit);
    void identify();
    void prepare_output(Response& response);
    // What the socket takes at once; true when nothing is left, nullopt when it is broken.
    [[nodiscard]] std::optional<bool> write_some();
    void answer_late();
    void log_request(int status, std::size_t bytes) const;
    [[nodiscard]] std::string_view buffered() const;

    std::shared_ptr<ServerState> state_;
    Lane& lane_;
    Socket socket_;
    boost::asio::ip::address peer_;
    std::string peer_text_;
    bool peer_is_proxy_;
    bool admitted_;

    Phase phase_ = Phase::idle;
    Ticks::time_point deadline_;
    bool expired_ = false;  // while reading

    boost::beast::flat_buffer input_;
    Request request_;
    Asked asked_;
    std::chrono::nanoseconds started_{};  // when the request was complete
    std::string output_;                  // the head, and a small body
    std::string large_body_;
    std::size_t written_ = 0;  // of both
};

}  // namespace stagedoor::http
