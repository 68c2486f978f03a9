#include "common/http/server/server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <stdexcept>

#include "common/http/network.hpp"
#include "common/http/server/connection.hpp"
#include "common/http/server/server_state.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<StreamProtocol>;
using namespace std::chrono_literals;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// How many connections over the limit get a 503 at the same time; further ones are dropped.
constexpr std::size_t max_rejected_connections = 256;
constexpr auto out_of_descriptors_pause = 50ms;
constexpr auto cut_off_timeout = 200ms;  // for cut-off connections to end
constexpr auto min_log_interval = 1min;  // of failed handshakes

// Short enough that a timeout is at most an eighth late, long enough to cost nothing.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
    auto shortest = std::min({options.handshake_timeout, options.header_timeout, options.body_timeout,
                              options.idle_timeout, options.write_timeout, options.handler_timeout});
    return std::clamp(std::min(shortest / 8, options.certificate_interval), 5ms, 250ms);
}

Task<> sweep_regularly(std::shared_ptr<ServerState> state, Worker& worker) {
    auto timer = std::make_shared<asio::steady_timer>(worker.executor);
    worker.timer = timer;
    auto interval = sweep_interval(state->options);
    auto reloads = state->tls && &worker == state->workers.front().get();
    auto looked_at = Connection::Ticks::now();
    while (!worker.stopped) {
        timer->expires_after(interval);
        (void)co_await timer->async_wait(as_result);
        worker.sweep();
        if (!reloads || Connection::Ticks::now() < looked_at + state->options.certificate_interval) continue;
        state->reload_certificate();
        looked_at = Connection::Ticks::now();
    }
}

PeerAddress peer_of(const Connection::Socket& socket) {
    boost::system::error_code left;
    auto generic = socket.remote_endpoint(left);
    if (left) return {};
    if (generic.protocol().family() == AF_UNIX) return {.address = {}, .is_unix = true};
    tcp::endpoint endpoint;
    endpoint.resize(generic.size());
    std::memcpy(endpoint.data(), generic.data(), generic.size());
    return {unmapped(endpoint.address())};
}

// Counts the connection of a client, if that has a limit, and sets `client`. False if it is one too many.
bool admit(ServerState& state, const PeerAddress& peer, std::string& client) {
    if (state.connections.fetch_add(1) < state.options.connection_limit) {
        if (peer.is_unix || peer.address.is_unspecified() || state.proxies.trusts(peer.address)) return true;
        auto network = network_of(peer.address.to_string());
        if (state.of_clients.add(network, state.options.connections_of_client_limit)) {
            client = std::move(network);
            return true;
        }
    }
    --state.connections;
    return false;
}

void start_connection(const std::shared_ptr<ServerState>& state, Worker& worker, Connection::Socket socket) {
    std::string client;
    auto peer = peer_of(socket);
    auto admitted = admit(*state, peer, client);
    if (admitted) {
        state->open_connections.add(1);
    } else if (state->rejected_connections.fetch_add(1) >= max_rejected_connections) {
        --state->rejected_connections;
        state->count_rejected("connections");
        return;
    }
    auto connection = std::make_shared<Connection>(state, worker, std::move(socket), peer, admitted, client);
    asio::co_spawn(worker.executor, Connection::run(std::move(connection)), asio::detached);
}

// Accepts waiting connections, at most 32 in a row so that others get the thread, too.
boost::system::error_code accept_some(const std::shared_ptr<ServerState>& state, Acceptor& acceptor,
                                      std::size_t& next) {
    boost::system::error_code error;
    for (int count = 0; !error && count < 32; ++count) {
        auto& worker = *state->workers[next++ % state->workers.size()];
        auto socket = acceptor.accept(worker.executor, error);
        if (!error) start_connection(state, worker, std::move(socket));
    }
    return error;
}

// Waits, then accepts: async_accept would hold a socket of another executor's context while it waits, and
// that context may be destroyed before this one.
Task<> accept_all(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor) {
    for (std::size_t next = 0; acceptor->is_open();) {
        auto [closed] = co_await acceptor->async_wait(Acceptor::wait_read, as_result);
        if (closed) continue;
        auto error = accept_some(state, *acceptor, next);
        if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
            error == boost::system::errc::too_many_files_open_in_system) {
            state->count_rejected("descriptors");  // until some of the open ones end
            asio::steady_timer pause{acceptor->get_executor(), out_of_descriptors_pause};
            (void)co_await pause.async_wait(as_result);
        }
    }
}

[[noreturn]] void cannot_listen(const ServerOptions& options, const boost::system::error_code& error) {
    auto reason = error.message();
    reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    std::string advice;
    if (error == asio::error::address_in_use)
        advice = "; choose another port with --port or stop the program that uses it";
    if (error == asio::error::access_denied) advice = "; choose a port above 1023 with --port";
    auto where = options.address.contains(':') ? "[" + options.address + "]" : options.address;
    throw std::runtime_error(fmt::format("can't listen on {}:{}: {}{}", where, options.port, reason, advice));
}

[[noreturn]] void cannot_listen(const std::string& socket, const std::string& reason) {
    throw std::runtime_error("can't listen on the socket " + socket + ": " + reason);
}

// Removes what a process that ended without a chance to clean up has left there.
void remove_stale_socket(const std::string& path, const runtime::Executor& executor) {
    struct stat found{};
    if (::lstat(path.c_str(), &found) != 0) return;
    if (!S_ISSOCK(found.st_mode)) cannot_listen(path, "there is another kind of file; remove it");
    local::socket socket{executor};
    boost::system::error_code error;
    socket.connect(path, error);
    if (!error) cannot_listen(path, "another program uses it; choose another path or stop that program");
    if (error != asio::error::connection_refused) cannot_listen(path, error.message());
    ::unlink(path.c_str());
}

std::shared_ptr<Acceptor> listen_on_socket(const std::string& path, const runtime::Executor& executor) {
    remove_stale_socket(path, executor);
    auto acceptor = std::make_shared<Acceptor>(executor);
    boost::system::error_code error;
    acceptor->open(local{}, error);
    if (!error) acceptor->bind(local::endpoint{path}, error);
    if (error) cannot_listen(path, error.message());
    // Before anybody can connect.
    if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) cannot_listen(path, std::strerror(errno));
    acceptor->listen(Acceptor::max_listen_connections, error);
    if (!error) acceptor->non_blocking(true, error);
    if (error) cannot_listen(path, error.message());
    return acceptor;
}

std::shared_ptr<Acceptor> listen(const ServerOptions& options, const runtime::Executor& executor) {
    if (!options.socket.empty()) return listen_on_socket(options.socket, executor);
    boost::system::error_code error;
    auto address = asio::ip::make_address(options.address, error);
    if (error) throw std::runtime_error("can't listen on \"" + options.address + "\": not an IP address");
    auto acceptor = std::make_shared<Acceptor>(executor);
    tcp::endpoint endpoint{address, options.port};
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(Acceptor::reuse_address{true}, error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(Acceptor::max_listen_connections, error);
    if (!error) acceptor->non_blocking(true, error);
    if (error) cannot_listen(options, error);
    return acceptor;
}

// Runs `act` for every worker on its own thread.
Task<> on_every_worker(std::shared_ptr<ServerState> state, void (*act)(Worker&)) {
    auto on_worker = [](Worker& worker, void (*run)(Worker&)) -> Task<> {
        run(worker);
        co_return;
    };
    for (const auto& worker : state->workers) {
        co_await asio::co_spawn(worker->executor, on_worker(*worker, act), asio::use_awaitable);
    }
}

// 0 for a unix socket.
std::uint16_t port_of(const Acceptor& acceptor) {
    auto generic = acceptor.local_endpoint();
    if (generic.protocol().family() == AF_UNIX) return 0;
    tcp::endpoint endpoint;
    endpoint.resize(generic.size());
    std::memcpy(endpoint.data(), generic.data(), generic.size());
    return endpoint.port();
}

// Once: later another program may have a socket there.
void remove_socket(ServerState& state) {
    if (!state.options.socket.empty() && !state.socket_removed.exchange(true))
        ::unlink(state.options.socket.c_str());
}

Task<> close_acceptor(std::shared_ptr<Acceptor> acceptor) {
    boost::system::error_code ignored;
    acceptor->close(ignored);
    co_return;
}

void close_idle(Worker& worker) {
    for (auto& connection : worker.connections) connection.close_if_idle();
}

void end_streams(Worker& worker) {
    for (auto& connection : worker.connections) connection.end_stream();
}

void cut_off(Worker& worker) {
    for (auto& connection : worker.connections) connection.cut_off();
}

class TcpServer final : public Server {
  public:
    TcpServer(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor)
        : state_(std::move(state)), acceptor_(std::move(acceptor)), port_(port_of(*acceptor_)) {
        for (const auto& worker : state_->workers) {
            asio::co_spawn(worker->executor, sweep_regularly(state_, *worker), asio::detached);
        }
        asio::co_spawn(acceptor_->get_executor(), accept_all(state_, acceptor_), asio::detached);
    }

    ~TcpServer() override {
        state_->draining = true;
        state_->closing = true;
        remove_socket(*state_);
        asio::post(acceptor_->get_executor(), [acceptor = acceptor_] {
            boost::system::error_code ignored;
            acceptor->close(ignored);
        });
        for (const auto& worker : state_->workers) {
            asio::post(worker->executor, [state = state_, &worker = *worker] {
                cut_off(worker);
                worker.stop();
            });
        }
    }

    std::uint16_t port() const override { return port_; }
    bool draining() const override { return state_->draining; }

    Task<> drain() override {
        state_->draining = true;  // now, not when the task first runs
        return finish_drain(state_, acceptor_);
    }

  private:
    static Task<> finish_drain(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor) {
        co_await on_every_worker(state, end_streams);
        co_await runtime::sleep_for(state->clock, state->options.drain_delay);

        remove_socket(*state);
        co_await asio::co_spawn(acceptor->get_executor(), close_acceptor(acceptor), asio::use_awaitable);
        state->closing = true;
        co_await on_every_worker(state, close_idle);
        co_await all_ended(state, state->options.drain_limit);

        if (auto left = state->connections.load())
            log::warning("connections cut off at shutdown", {{"count", left}});
        co_await on_every_worker(state, cut_off);
        co_await all_ended(state, cut_off_timeout);
        co_await on_every_worker(state, [](Worker& worker) { worker.stop(); });
    }

    static Task<> all_ended(std::shared_ptr<ServerState> state, std::chrono::milliseconds limit) {
        runtime::Timeout timeout{state->clock, limit};
        while (state->connections > 0 && !timeout.is_over())
            (void)co_await state->connection_ended.wait_until(timeout);
    }

    std::shared_ptr<ServerState> state_;
    std::shared_ptr<Acceptor> acceptor_;
    std::uint16_t port_;
};

}  // namespace

void Worker::sweep() {
    auto now = Connection::Ticks::now();
    for (auto& connection : connections) {
        if (connection.deadline() <= now) connection.expire();
    }
}

void Worker::stop() {
    stopped = true;
    if (auto running = timer.lock()) running->cancel();
}

bool CountsOfNetworks::add(const std::string& network, std::size_t limit) {
    std::lock_guard lock{mutex_};
    auto& count = counts_[network];
    if (count >= limit) return false;
    ++count;
    return true;
}

void CountsOfNetworks::remove(const std::string& network) {
    std::lock_guard lock{mutex_};
    auto found = counts_.find(network);
    if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

void FailedHandshakes::log(runtime::Clock& clock, const std::string& client, const std::string& error) {
    std::lock_guard lock{mutex_};
    auto now = clock.monotonic();
    if (logged_at_ && now < *logged_at_ + min_log_interval) {
        ++unlogged_;
        return;
    }
    logged_at_ = now;
    log::warning("a TLS handshake failed",
                 {{"client", client}, {"error", error}, {"others_before", std::exchange(unlogged_, 0)}});
}

void ServerState::reload_certificate() {
    tls->reload_if_changed();
    certificate_expiry->set(static_cast<double>(tls->expires()));
}

ServerState::ServerState(ServerOptions with, Handler request_handler, runtime::Clock& time,
                         runtime::Metrics& metrics)
    : options(std::move(with)),
      handler(std::move(request_handler)),
      clock(time),
      proxies(options.trusted_proxies, options.trusted_hops),
      admission(options.requests_limit),
      connection_ended(time),
      open_connections(metrics.gauge("stagedoor_http_connections", "Open connections")) {
    if (options.tls.given()) {
        tls = std::make_unique<TlsContext>(options.tls);
        certificate_expiry = metrics.gauge("stagedoor_tls_certificate_expiry_timestamp_seconds",
                                           "When the server's TLS certificate expires");
        certificate_expiry->set(static_cast<double>(tls->expires()));
    }
    for (auto reason : {"connections", "requests", "descriptors", "handshake", "handshake_timeout",
                        "malformed", "header_limit", "body_limit", "header_timeout", "body_timeout",
                        "write_timeout", "handler_timeout", "slow_reader"}) {
        rejected.emplace(
            reason, metrics.counter("stagedoor_http_refused_total",
                                    "Connections and requests that were not served", {{"reason", reason}}));
    }
}

std::unique_ptr<Server> serve(ServerOptions options, Handler handler,
                              std::vector<runtime::Executor> executors, runtime::Clock& clock,
                              runtime::Random& random, runtime::Metrics& metrics) {
    auto state = std::make_shared<ServerState>(std::move(options), std::move(handler), clock, metrics);
    for (auto& executor : executors)
        state->workers.push_back(std::make_unique<Worker>(std::move(executor), random));
    auto acceptor = listen(state->options, state->workers.at(0)->executor);
    return std::make_unique<TcpServer>(std::move(state), std::move(acceptor));
}

}  // namespace stagedoor::http
