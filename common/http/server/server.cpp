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

// Connections over the limit that are told so; more than these are dropped.
constexpr std::size_t turned_away_limit = 256;
constexpr auto out_of_descriptors_pause = 50ms;
constexpr auto farewell = 200ms;  // for connections that were cut off to notice

// Often enough that a time-out comes at most an eighth late, seldom enough to cost nothing.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
    auto shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                              options.write_timeout, options.handler_timeout});
    return std::clamp(shortest / 8, 5ms, 250ms);
}

Task<> sweep_regularly(std::shared_ptr<ServerState> state, Lane& lane) {
    auto timer = std::make_shared<asio::steady_timer>(lane.executor);
    lane.timer = timer;
    auto interval = sweep_interval(state->options);
    while (!lane.stopped) {
        timer->expires_after(interval);
        (void)co_await timer->async_wait(as_result);
        lane.sweep();
    }
}

void welcome(const std::shared_ptr<ServerState>& state, Lane& lane, tcp::socket socket) {
    auto admitted = state->connections.fetch_add(1) < state->options.connection_limit;
    if (admitted) {
        state->open_connections.add(1);
    } else {
        --state->connections;
        if (state->turned_away.fetch_add(1) >= turned_away_limit) {
            --state->turned_away;
            state->count_refused("connections");
            return;
        }
    }
    auto connection = std::make_shared<Connection>(state, lane, std::move(socket), admitted);
    asio::co_spawn(lane.executor, Connection::run(std::move(connection)), asio::detached);
}

// Takes what waits at the door, or a part of it: others want the thread too.
boost::system::error_code accept_some(const std::shared_ptr<ServerState>& state, Acceptor& acceptor,
                                      std::size_t& next) {
    boost::system::error_code error;
    for (int taken = 0; !error && taken < 32; ++taken) {
        auto& lane = *state->lanes[next++ % state->lanes.size()];
        auto socket = acceptor.accept(lane.executor, error);
        if (!error) welcome(state, lane, std::move(socket));
    }
    return error;
}

// In two steps, rather than by async_accept: that would hold, while it waits, a socket of another executor's
// context, which may be destroyed before this one.
Task<> accept_all(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor) {
    for (std::size_t next = 0; acceptor->is_open();) {
        auto [closed] = co_await acceptor->async_wait(Acceptor::wait_read, as_result);
        if (closed) continue;
        auto error = accept_some(state, *acceptor, next);
        if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
            error == boost::system::errc::too_many_files_open_in_system) {
            state->count_refused("descriptors");  // what is open must end before more can come
            asio::steady_timer pause{acceptor->get_executor(), out_of_descriptors_pause};
            (void)co_await pause.async_wait(as_result);
        }
    }
}

[[noreturn]] void cannot_listen(const ServerOptions& options, const boost::system::error_code& error) {
    auto why = error.message();
    why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
    std::string advice;
    if (error == asio::error::address_in_use) advice = "; give another port with --port or stop what uses it";
    if (error == asio::error::access_denied) advice = "; give a port above 1023 with --port";
    auto where = options.address.contains(':') ? "[" + options.address + "]" : options.address;
    throw std::runtime_error(fmt::format("can't listen on {}:{}: {}{}", where, options.port, why, advice));
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

// Runs `act` for every lane on the lane's own thread.
Task<> on_every_lane(std::shared_ptr<ServerState> state, void (*act)(Lane&)) {
    auto on_lane = [](Lane& lane, void (*what)(Lane&)) -> Task<> {
        what(lane);
        co_return;
    };
    for (const auto& lane : state->lanes) {
        co_await asio::co_spawn(lane->executor, on_lane(*lane, act), asio::use_awaitable);
    }
}

Task<> close_acceptor(std::shared_ptr<Acceptor> acceptor) {
    boost::system::error_code ignored;
    acceptor->close(ignored);
    co_return;
}

void close_idle(Lane& lane) {
    for (auto& connection : lane.connections) connection.close_if_idle();
}

void cut_off(Lane& lane) {
    for (auto& connection : lane.connections) connection.cut_off();
}

class TcpServer final : public Server {
  public:
    TcpServer(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor)
        : state_(std::move(state)),
          acceptor_(std::move(acceptor)),
          port_(acceptor_->local_endpoint().port()) {
        for (const auto& lane : state_->lanes) {
            asio::co_spawn(lane->executor, sweep_regularly(state_, *lane), asio::detached);
        }
        asio::co_spawn(acceptor_->get_executor(), accept_all(state_, acceptor_), asio::detached);
    }

    ~TcpServer() override {
        state_->draining = true;
        state_->door_closed = true;
        asio::post(acceptor_->get_executor(), [acceptor = acceptor_] {
            boost::system::error_code ignored;
            acceptor->close(ignored);
        });
        for (const auto& lane : state_->lanes) {
            asio::post(lane->executor, [state = state_, &lane = *lane] {
                cut_off(lane);
                lane.stop();
            });
        }
    }

    std::uint16_t port() const override { return port_; }
    bool draining() const override { return state_->draining; }

    Task<> drain() override {
        state_->draining = true;  // now, not when the task is first run
        return finish_drain(state_, acceptor_);
    }

  private:
    static Task<> finish_drain(std::shared_ptr<ServerState> state, std::shared_ptr<Acceptor> acceptor) {
        co_await runtime::sleep_for(state->clock, state->options.drain_delay);

        co_await asio::co_spawn(acceptor->get_executor(), close_acceptor(acceptor), asio::use_awaitable);
        state->door_closed = true;
        co_await on_every_lane(state, close_idle);
        co_await all_gone(state, state->options.drain_limit);

        if (auto left = state->connections.load()) log::warning("connections cut off", {{"count", left}});
        co_await on_every_lane(state, cut_off);
        co_await all_gone(state, farewell);
        co_await on_every_lane(state, [](Lane& lane) { lane.stop(); });
    }

    static Task<> all_gone(std::shared_ptr<ServerState> state, std::chrono::milliseconds limit) {
        runtime::Timeout timeout{state->clock, limit};
        while (state->connections > 0 && !timeout.is_over())
            (void)co_await state->connection_ended.wait_until(timeout);
    }

    std::shared_ptr<ServerState> state_;
    std::shared_ptr<Acceptor> acceptor_;
    std::uint16_t port_;
};

}  // namespace

void Lane::sweep() {
    auto now = Connection::Ticks::now();
    for (auto& connection : connections) {
        if (connection.deadline() <= now) connection.expire();
    }
}

void Lane::stop() {
    stopped = true;
    if (auto running = timer.lock()) running->cancel();
}

ServerState::ServerState(ServerOptions with, Handler answer, runtime::Clock& time, runtime::Metrics& metrics)
    : options(std::move(with)),
      handler(std::move(answer)),
      clock(time),
      proxies(options.trusted_proxies),
      connection_ended(time),
      open_connections(metrics.gauge("stagedoor_http_connections", "Open connections")) {
    for (auto why : {"connections", "requests", "descriptors", "malformed", "header_limit", "body_limit",
                     "header_timeout", "body_timeout", "write_timeout", "handler_timeout"}) {
        refused.emplace(why,
                        metrics.counter("stagedoor_http_refused_total",
                                        "Connections and requests that were not served", {{"reason", why}}));
    }
}

std::unique_ptr<Server> serve(ServerOptions options, Handler handler,
                              std::vector<runtime::Executor> executors, runtime::Clock& clock,
                              runtime::Random& random, runtime::Metrics& metrics) {
    auto state = std::make_shared<ServerState>(std::move(options), std::move(handler), clock, metrics);
    for (auto& executor : executors)
        state->lanes.push_back(std::make_unique<Lane>(std::move(executor), random));
    auto acceptor = listen(state->options, state->lanes.at(0)->executor);
    return std::make_unique<TcpServer>(std::move(state), std::move(acceptor));
}

}  // namespace stagedoor::http
