#include "common/http/server/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/http/network.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/status.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t read_size = 4096;
constexpr std::size_t body_read_size = 16 * 1024;
constexpr std::size_t max_copied_body = 16 * 1024;  // larger bodies are not copied behind the head
// How long a client has to read the last response of a connection.
constexpr std::chrono::milliseconds linger_timeout{1'000};
// What the system may buffer for the reader of a stream, who would otherwise seem to keep up for megabytes.
constexpr int stream_send_buffer = 32 * 1024;
constexpr std::size_t max_kept_output = 1024;  // between the parts of a stream: there are many of those

Response unavailable(const char* message) { return problem(Unavailable{Message::as_is(message)}); }

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> state, Worker& worker, Socket socket,
                       const PeerAddress& peer, bool admitted, std::string client)
    : state_(std::move(state)),
      worker_(worker),
      socket_(std::move(socket)),
      tls_(state_->tls ? state_->tls->session(socket_.native_handle()) : nullptr),
      peer_(peer.address),
      peer_text_(peer.is_unix ? std::string{unix_peer} : peer_.to_string()),
      peer_is_proxy_(!peer.is_unix && state_->proxies.trusts(peer_)),
      admitted_(admitted),
      client_(std::move(client)),
      deadline_(Ticks::time_point::max()),
      input_(state_->options.header_limit + body_read_size) {
    boost::system::error_code ignored;  // a client that has left is noticed at the first read
    socket_.non_blocking(true, ignored);
    if (!peer.is_unix) socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

Task<> Connection::run(std::shared_ptr<Connection> self) {
    auto& state = *self->state_;
    self->worker_.connections.push_back(*self);
    try {
        auto connected = !self->tls_ || co_await self->handshake();
        if (connected && self->admitted_)
            co_await self->serve_requests();
        else if (connected)
            co_await self->reject_connection();
    } catch (const std::exception& error) {
        log::error("connection failed", {{"error", error.what()}});
    }
    self->unlink();
    self->cut_off();
    if (!self->client_.empty()) state.of_clients.remove(self->client_);
    if (self->admitted_) {
        state.open_connections.add(-1);
        --state.connections;
        if (state.closing) state.connection_ended.notify();
    } else {
        --state.rejected_connections;
    }
}

Task<bool> Connection::handshake() {
    enter(Phase::handshake, state_->options.handshake_timeout);
    for (;;) {
        auto progress = tls_->handshake();
        if (progress == TlsProgress::done) co_return true;
        if (co_await wait_for(progress)) continue;
        if (progress == TlsProgress::ended && !tls_->failure().empty()) {
            state_->count_failed_handshake(peer_text_, tls_->failure());
            co_await linger();
        }
        co_return false;
    }
}

Task<bool> Connection::wait_for(TlsProgress progress) {
    if (progress == TlsProgress::ended) co_return false;
    auto what = progress == TlsProgress::wants_read ? Socket::wait_read : Socket::wait_write;
    auto [error] = co_await socket_.async_wait(what, as_result);
    co_return !error;
}

Task<> Connection::serve_requests() {
    struct FreeAtEnd {
        ~FreeAtEnd() { connection.free_large_body(); }
        Connection& connection;
    } at_end{*this};
    while (co_await read_request()) {
        auto goes_on = co_await respond();
        free_large_body();
        if (!goes_on) break;
    }
}

std::size_t Connection::body_limit(const Request& head) {
    const auto& options = state_->options;
    no_room_.reset();
    auto higher = options.higher_body_limit ? options.higher_body_limit(head) : std::nullopt;
    if (!higher || *higher <= options.body_limit) return options.body_limit;
    return take_place_for_large_body() ? *higher : options.body_limit;
}

bool Connection::take_place_for_large_body() {
    const auto& options = state_->options;
    set_client();
    auto network = network_of(request_.remote_address);
    if (!state_->large_bodies_of_networks.add(network, options.large_bodies_of_network_limit)) {
        no_room_ = "Too many uploads at once from your network. Please try again"_text;
        return false;
    }
    if (++state_->large_bodies > options.large_bodies_limit) {
        --state_->large_bodies;
        state_->large_bodies_of_networks.remove(network);
        no_room_ = "Too many uploads at once. Please try again"_text;
        return false;
    }
    large_body_of_ = std::move(network);
    return true;
}

void Connection::free_large_body() {
    if (!large_body_of_) return;
    std::string{}.swap(request_.body);
    state_->large_bodies_of_networks.remove(*large_body_of_);
    large_body_of_.reset();
    --state_->large_bodies;
}

Task<> Connection::reject_connection() {
    state_->count_rejected("connections");
    identify();
    started_ = state_->clock.monotonic();
    info_.keep_alive = false;
    if (co_await send(unavailable("Too many connections"))) co_await linger();
}

Task<bool> Connection::read_request() {
    RequestParser parser{{state_->options.header_limit, state_->options.body_limit,
                          [this](const Request& head) { return body_limit(head); }},
                         request_};
    if (input_.size() == 0) {
        if (input_.capacity() > read_size) input_.shrink_to_fit();
        enter(Phase::idle, state_->options.idle_timeout);
        if (state_->closing || !co_await receive()) co_return false;
    }
    enter(Phase::head, state_->options.header_timeout);
    auto complete = true;
    input_.consume(parser.parse(buffered()));
    if (!parser.done()) complete = co_await read_rest(parser);
    info_.http_1_0 = parser.http_1_0();
    if (complete) {
        info_.keep_alive = parser.keep_alive();
        co_return true;
    }
    if (std::exchange(expired_, false)) {
        auto in_head = phase_ == Phase::head;
        co_await reject(
            {408, in_head ? "header_timeout" : "body_timeout", "The request took too long to arrive"});
    } else if (parser.rejection()) {
        co_await reject(*parser.rejection());
    }
    co_return false;
}

// True when the request is complete.
Task<bool> Connection::read_rest(RequestParser& parser) {
    while (!parser.done() && !parser.rejection()) {
        if (parser.head_done() && phase_ == Phase::head) {
            const auto& options = state_->options;
            enter(Phase::body, parser.is_large() ? options.large_body_timeout : options.body_timeout);
            if (parser.expects_continue() && input_.size() == 0) {
                output_ = "HTTP/1.1 100 Continue\r\n\r\n";
                large_body_.clear();
                written_ = 0;
                if (!co_await write_rest()) co_return false;
            }
        } else if (!co_await receive()) {
            co_return false;
        }
        input_.consume(parser.parse(buffered()));
    }
    co_return parser.done();
}

Task<bool> Connection::receive() {
    auto size = phase_ == Phase::body ? body_read_size : read_size;
    auto room = input_.prepare(std::min(size, input_.max_size() - input_.size()));
    if (tls_) co_return co_await receive_encrypted(room);
    auto [error, bytes] = co_await socket_.async_read_some(room, as_result);
    if (error || expired_) co_return false;
    input_.commit(bytes);
    co_return true;
}

Task<bool> Connection::receive_encrypted(asio::mutable_buffer room) {
    for (;;) {
        std::size_t bytes = 0;
        auto progress = tls_->read({static_cast<char*>(room.data()), room.size()}, bytes);
        if (progress == TlsProgress::done) {
            input_.commit(bytes);
            co_return true;
        }
        if (!co_await wait_for(progress) || expired_) co_return false;
    }
}

Task<> Connection::reject(Rejection rejection) {
    state_->count_rejected(rejection.label);
    identify();
    started_ = state_->clock.monotonic();
    info_.keep_alive = false;
    auto response = rejection.status == status_of(ErrorKind::too_large)
                        ? co_await reject_body(rejection)
                        : problem(rejection.status, Message::as_is(rejection.message));
    if (phase_ == Phase::late) co_return;
    if (co_await send(std::move(response))) co_await linger();
}

// As a page, perhaps: a visitor who has chosen a large picture did nothing wrong.
Task<Response> Connection::reject_body(const Rejection& rejection) {
    auto no_room = std::exchange(no_room_, std::nullopt);
    auto why = no_room ? Unavailable{std::move(*no_room)}
                       : ApiError{ErrorKind::too_large, Message::as_is(rejection.message)};
    std::string{}.swap(request_.body);
    if (!state_->options.rejected_body || !state_->admission.enter(peer_is_proxy_)) co_return problem(why);
    enter(Phase::handler, state_->options.handler_timeout);
    Response response;
    try {
        response = co_await state_->options.rejected_body(request_, std::move(why));
    } catch (...) {
        response = problem(std::current_exception(), request_);
    }
    state_->admission.leave();
    co_return response;
}

Task<bool> Connection::respond() {
    identify();
    started_ = state_->clock.monotonic();
    auto client_closes = !info_.keep_alive;
    Response response;
    // A proxy's connection has the requests of many clients.
    was_rejected_ = !state_->admission.enter(was_rejected_ || peer_is_proxy_);
    auto retry_after = 0s;
    if (was_rejected_) {
        state_->count_rejected("requests");
        retry_after = state_->admission.retry_after(started_);
        response = problem(Unavailable{"Too many requests"_text, retry_after});
    } else {
        enter(Phase::handler, state_->options.handler_timeout);
        try {
            response = co_await state_->handler(request_);
        } catch (...) {
            response = problem(std::current_exception(), request_);
        }
        state_->admission.leave();
        if (phase_ == Phase::late) co_return false;
    }
    if (response.stream) {
        co_await send_stream(std::move(response));
        co_return false;
    }
    negotiate(response, info_, worker_.compressor);
    if (!co_await send(std::move(response))) co_return false;
    if (was_rejected_ && info_.keep_alive && !peer_is_proxy_) co_await wait_for_retry(retry_after);
    if (info_.keep_alive) co_return true;
    if (!client_closes || input_.size() > 0) co_await linger();
    co_return false;
}

// Retry-After, kept: a rejected client's next request stays unread until then. So rejections cost little
// however many clients there are, and leave the thread to the requests in progress. Ends early if the client
// leaves.
Task<> Connection::wait_for_retry(std::chrono::seconds retry_after) {
    enter(Phase::idle, state_->options.idle_timeout);
    retry_timer_ = std::make_shared<asio::steady_timer>(socket_.get_executor(), retry_after);
    socket_.async_wait(Socket::wait_read, [timer = retry_timer_](boost::system::error_code error) {
        if (error != asio::error::operation_aborted) timer->cancel();
    });
    boost::system::error_code ignored;
    if (auto [is_readable] = co_await retry_timer_->async_wait(as_result); !is_readable) {
        socket_.cancel(ignored);
    } else if (socket_.is_open() && !has_left()) {
        (void)co_await retry_timer_->async_wait(as_result);  // until the time that cancel() has left
    }
    retry_timer_.reset();
}

// Whether nothing is left to read or to handle. A TLS client closes with a message, so it seems to be there
// still.
bool Connection::has_left() {
    if (input_.size() > 0) return false;
    std::array<char, 1> next{};
    boost::system::error_code error;
    (void)socket_.receive(asio::buffer(next), Socket::message_peek, error);
    return error && error != asio::error::would_block && error != asio::error::try_again;
}

// True once everything is sent.
Task<bool> Connection::send(Response response) {
    auto bytes = sends_body(response, info_.method) ? response.body.size() : 0;
    prepare_output(response);
    enter(Phase::write, state_->options.write_timeout);
    auto all = write_some();
    if (all == false) all = co_await write_rest();
    std::string{}.swap(large_body_);
    log_request(response.status, bytes);
    co_return all.value_or(false);
}

Task<bool> Connection::write_rest() {
    for (;;) {
        auto all = write_some();
        if (all != false) co_return all.value_or(false);
        auto [error] = co_await socket_.async_wait(Socket::wait_write, as_result);
        if (error) co_return false;
    }
}

Task<> Connection::send_stream(Response response) {
    auto status = response.status;
    info_.keep_alive = false;  // the connection ends with it
    prepare_output(response);
    start_stream(std::move(response.stream));
    response = {};
    std::size_t bytes = 0;
    BodyStream::Taken taken;
    while (co_await write_parts(taken) && !taken.end) {
        taken = co_await next_parts();
        for (const auto& part : taken.parts) bytes += part->size();
    }
    auto is_whole = taken.end == BodyStream::End::finished || taken.end == BodyStream::End::drained;
    if (stream_->end() == BodyStream::End::too_slow) state_->count_rejected("slow_reader");
    stream_->close(BodyStream::End::left);
    stream_.reset();
    log_request(status, bytes);
    if (is_whole || info_.method == Method::head) co_await linger();
}

// Keeps only what it takes to send a stream: there may be thousands.
void Connection::start_stream(std::shared_ptr<BodyStream> stream) {
    stream_ = std::move(stream);
    if (info_.method == Method::head) stream_->close(BodyStream::End::left);
    if (state_->draining) end_stream();
    auto user = std::move(request_.user_id);
    request_ = {};
    request_.user_id = std::move(user);
    if (input_.size() == 0) input_.shrink_to_fit();
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::send_buffer_size{stream_send_buffer}, ignored);
    stream_wait_.emplace(worker_.executor);
    stream_->connect([weak = weak_from_this()] {
        auto self = weak.lock();
        if (!self || self->wake_posted_.exchange(true)) return;
        auto executor = self->worker_.executor;
        asio::post(executor, [self = std::move(self)] {
            self->wake_posted_ = false;
            self->wake_stream();
        });
    });
    watch_reader();
}

// Waits for them; none if it was woken for another reason.
Task<BodyStream::Taken> Connection::next_parts() {
    auto taken = stream_->take();
    if (!taken.parts.empty() || taken.end || reader_left_) co_return taken;
    phase_ = Phase::stream;
    deadline_ = Ticks::time_point::max();
    stream_wait_->expires_after(state_->options.heartbeat_interval);
    auto [is_woken] = co_await stream_wait_->async_wait(as_result);
    if (is_woken || stream_->heartbeat().empty()) co_return BodyStream::Taken{};
    taken.parts.push_back(std::make_shared<const std::string>(stream_->heartbeat()));
    co_return taken;
}

// Writes what waits in `output_`, and these; false if the client has left or is too slow.
Task<bool> Connection::write_parts(const BodyStream::Taken& taken) {
    auto is_chunked = !info_.http_1_0;
    if (written_ > 0) {
        if (output_.capacity() > max_kept_output) std::string{}.swap(output_);
        output_.clear();
        written_ = 0;
    }
    for (const auto& part : taken.parts) {
        if (is_chunked) fmt::format_to(std::back_inserter(output_), "{:x}\r\n", part->size());
        output_ += *part;
        if (is_chunked) output_ += "\r\n";
    }
    auto is_last = taken.end == BodyStream::End::finished || taken.end == BodyStream::End::drained;
    if (is_last && is_chunked) output_ += "0\r\n\r\n";
    if (reader_left_ || taken.end == BodyStream::End::too_slow || !socket_.is_open()) co_return false;
    enter(Phase::write, state_->options.write_timeout);
    co_return co_await write_rest();
}

// A client has nothing to send meanwhile: that it can be read means, as a rule, that it has left.
void Connection::watch_reader() {
    socket_.async_wait(Socket::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
        auto self = weak.lock();
        if (self && !error && self->stream_) self->look_at_reader();
    });
}

// What it sends nevertheless stays unread, and it isn't watched any longer: whether it is there shows at the
// next heartbeat.
void Connection::look_at_reader() {
    std::array<char, 256> next{};
    if (tls_) {
        std::size_t bytes = 0;
        auto progress = tls_->read(next, bytes);
        reader_left_ = progress == TlsProgress::ended;
        if (progress == TlsProgress::wants_read) watch_reader();
    } else {
        input_.clear();
        reader_left_ = has_left();
    }
    if (reader_left_) wake_stream();
}

// On the worker's thread. A write that waits for a reader who is too slow will not end by itself.
void Connection::wake_stream() {
    if (!stream_) return;
    auto is_stuck = phase_ == Phase::write && (reader_left_ || stream_->end() == BodyStream::End::too_slow);
    if (is_stuck) return cut_off();
    stream_wait_->cancel();
}

void Connection::end_stream() {
    if (stream_) stream_->close(BodyStream::End::drained);
}

Task<> Connection::linger() {
    boost::system::error_code error;
    finish_sending(error);
    if (error) co_return;
    enter(Phase::linger, linger_timeout);
    input_.clear();
    tls_.reset();  // what else the client sends is discarded, not decrypted
    while (co_await receive()) input_.clear();
}

void Connection::finish_sending(boost::system::error_code& error) {
    if (tls_) tls_->finish();
    socket_.shutdown(Socket::shutdown_send, error);
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    deadline_ = Ticks::now() + limit;
}

// Fills in the client and the ids of a request, even an incomplete one.
void Connection::identify() {
    set_client();
    set_request_ids(request_, worker_.ids);
    info_.capture(request_);
}

void Connection::set_client() {
    if (peer_is_proxy_) {
        state_->proxies.set_client(request_, peer_, tls_ != nullptr);
    } else {
        request_.remote_address = peer_text_;
        request_.https = tls_ != nullptr;
    }
}

void Connection::prepare_output(Response& response) {
    if (state_->draining) info_.keep_alive = false;
    output_.clear();
    large_body_.clear();
    written_ = 0;
    write_head(output_, response, info_, worker_.date.text(state_->clock.now()), state_->options.https);
    if (response.stream || !sends_body(response, info_.method)) return;
    if (response.body.size() <= max_copied_body)
        output_ += response.body;
    else
        large_body_.swap(response.body);
}

std::optional<bool> Connection::write_some() {
    if (tls_) return write_some_encrypted();
    auto total = output_.size() + large_body_.size();
    while (written_ < total) {
        auto head_written = std::min(written_, output_.size());
        auto body_written = written_ - head_written;
        std::array<asio::const_buffer, 2> left{asio::buffer(output_) + head_written,
                                               asio::buffer(large_body_) + body_written};
        boost::system::error_code error;
        written_ += socket_.write_some(left, error);
        if (error == asio::error::would_block || error == asio::error::try_again) return false;
        if (error) return std::nullopt;
    }
    return true;
}

std::optional<bool> Connection::write_some_encrypted() {
    while (written_ < output_.size() + large_body_.size()) {
        auto in_head = written_ < output_.size();
        auto left = in_head ? std::string_view{output_}.substr(written_)
                            : std::string_view{large_body_}.substr(written_ - output_.size());
        std::size_t bytes = 0;
        auto progress = tls_->write(left, bytes);
        if (progress == TlsProgress::wants_write) return false;
        if (progress != TlsProgress::done) return std::nullopt;
        written_ += bytes;
    }
    return true;
}

void Connection::expire() {
    switch (phase_) {
        case Phase::handshake:
            state_->count_rejected("handshake_timeout");
            return cut_off();
        case Phase::head:
        case Phase::body: {
            expired_ = true;
            deadline_ = Ticks::time_point::max();
            boost::system::error_code ignored;
            socket_.cancel(ignored);
            return;
        }
        case Phase::handler:
            return respond_late();
        case Phase::write:
            state_->count_rejected("write_timeout");
            return cut_off();
        case Phase::idle:
        case Phase::stream:
        case Phase::late:
        case Phase::linger:
            return cut_off();
    }
}

// Sends a 503, as far as the socket accepts it at once: the connection's coroutine can't, since it waits for
// the handler.
void Connection::respond_late() {
    state_->count_rejected("handler_timeout");
    info_.keep_alive = false;
    auto response = unavailable("The response took too long");
    prepare_output(response);
    (void)write_some();
    log_request(response.status, response.body.size());
    boost::system::error_code ignored;
    finish_sending(ignored);
    enter(Phase::late, linger_timeout);
}

void Connection::close_if_idle() {
    if (phase_ == Phase::idle || phase_ == Phase::handshake) cut_off();
}

void Connection::cut_off() {
    deadline_ = Ticks::time_point::max();
    if (!socket_.is_open()) return;
    if (retry_timer_) retry_timer_->cancel();
    if (stream_wait_) stream_wait_->cancel();
    if (tls_) tls_->finish();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Connection::log_request(int status, std::size_t bytes) const {
    if (!state_->options.access_log || !log::enabled(log::Level::info)) return;
    auto took = std::chrono::duration<double, std::milli>(state_->clock.monotonic() - started_).count();
    log::info("request", {{"client", info_.client},
                          {"user", request_.user_id.empty() ? "-" : request_.user_id},
                          {"method", to_text(info_.method)},
                          {"path", info_.path},
                          {"status", status},
                          {"bytes", bytes},
                          {"duration_ms", fmt::format("{:.3f}", took)},
                          {"request_id", info_.request_id},
                          {"trace_id", trace_id(info_.traceparent)}});
}

std::string_view Connection::buffered() const {
    auto data = input_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

}  // namespace stagedoor::http
