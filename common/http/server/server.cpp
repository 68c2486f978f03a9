#include "common/http/server/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "common/http/server/connection.hpp"
#include "common/http/server/server_state.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = tcp::acceptor;
using namespace std::chrono_literals;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// How many connections over the limit get a 503 at the same time; further ones are dropped.
constexpr std::size_t max_rejected_connections = 256;
constexpr auto out_of_descriptors_pause = 50ms;
constexpr auto cut_off_timeout = 200ms;  // for cut-off connections to end

// Short enough that a timeout is at most an eighth late, long enough to cost nothing.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
    auto shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                              options.write_timeout, options.handler_timeout});
    return std::clamp(shortest / 8, 5ms, 250ms);
}

Task<> sweep_regularly(std::shared_ptr<ServerState> state, Worker& worker) {
    auto timer = std::make_shared<asio::steady_timer>(worker.executor);
    worker.timer = timer;
    auto interval = sweep_interval(state->options);
    while (!worker.stopped) {
        timer->expires_after(interval);
        (void)co_await timer->async_wait(as_result);
        worker.sweep();
    }
}

void start_connection(const std::shared_ptr<ServerState>& state, Worker& worker, tcp::socket socket) {
    auto admitted = state->connections.fetch_add(1) < state->options.connection_limit;
    if (admitted) {
        state->open_connections.add(1);
    } else {
        --state->connections;
        if (state->rejected_connections.fetch_add(1) >= max_rejected_connections) {
            --state->rejected_connections;
            state->count_rejected("connections");
            return;
        }
    }
    auto connection = std::make_shared<Connection>(state, worker, std::move(socket), admitted);
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

std::shared_ptr<Acceptor> listen(const ServerOptions& options, const runtime::Executor& executor) {
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

Task<> close_acceptor(std::shared_ptr<Acceptor> acceptor) {
    boost::system::error_code ignored;
    acceptor->close(ignored);
    co_return;
}

void close_idle(Worker& worker) {
    for (auto& connection : worker.connections) connection.close_if_idle();
}

void cut_off(Worker& worker) {
    for (auto& connection : worker.connections) connection.cut_off();
}

class TcpServer final : public Server {
  public:
    TcpServer(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor)
        : state_(std::move(state)),
          acceptor_(std::move(acceptor)),
          port_(acceptor_->local_endpoint().port()) {
        for (const auto& worker : state_->workers) {
            asio::co_spawn(worker->executor, sweep_regularly(state_, *worker), asio::detached);
        }
        asio::co_spawn(acceptor_->get_executor(), accept_all(state_, acceptor_), asio::detached);
    }

    ~TcpServer() override {
        state_->draining = true;
        state_->closing = true;
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
        co_await runtime::sleep_for(state->clock, state->options.drain_delay);

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

ServerState::ServerState(ServerOptions with, Handler request_handler, runtime::Clock& time,
                         runtime::Metrics& metrics)
    : options(std::move(with)),
      handler(std::move(request_handler)),
      clock(time),
      proxies(options.trusted_proxies),
      connection_ended(time),
      open_connections(metrics.gauge("stagedoor_http_connections", "Open connections")) {
    for (auto reason : {"connections", "requests", "descriptors", "malformed", "header_limit", "body_limit",
                        "header_timeout", "body_timeout", "write_timeout", "handler_timeout"}) {
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
