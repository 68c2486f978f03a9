#include "testing/servers/fault_proxy.hpp"

#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <thread>

namespace stagedoor::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds poll_interval{5};  // while it stalls

struct Pair {
    Pair(tcp::socket near_side, asio::io_context& context) : near(std::move(near_side)), far(context) {}
    tcp::socket near, far;
    bool is_cut = false;  // by cut_next()

    void reset() {
        for (auto* socket : {&near, &far}) {
            boost::system::error_code ignored;
            socket->set_option(asio::socket_base::linger{true, 0}, ignored);  // a reset, not an orderly end
            socket->close(ignored);
        }
    }
};

}  // namespace

struct FaultProxy::State : std::enable_shared_from_this<State> {
    explicit State(std::uint16_t target_port) : target(target_port) {}

    asio::awaitable<void> accept() {
        for (;;) {
            auto [error, socket] = co_await acceptor.async_accept(as_result);
            if (error) co_return;
            auto pair = std::make_shared<Pair>(std::move(socket), context);
            if (refuses)
                pair->reset();
            else
                asio::co_spawn(context, carry(pair), asio::detached);
        }
    }

    asio::awaitable<void> carry(std::shared_ptr<Pair> pair) {
        pairs.insert(pair);
        auto [error] =
            co_await pair->far.async_connect({asio::ip::address_v4::loopback(), target}, as_result);
        if (error) {
            pair->reset();
            pairs.erase(pair);
            co_return;
        }
        boost::system::error_code ignored;
        pair->near.set_option(tcp::no_delay{true}, ignored);
        pair->far.set_option(tcp::no_delay{true}, ignored);
        asio::co_spawn(context, pump(pair, pair->near, pair->far), asio::detached);
        co_await pump(pair, pair->far, pair->near);
        pairs.erase(pair);
    }

    asio::awaitable<void> pump(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to) {
        asio::steady_timer timer{context};
        std::array<char, 16 * 1024> buffer{};
        for (;;) {
            auto [read_error, size] = co_await from.async_read_some(asio::buffer(buffer), as_result);
            if (read_error) break;
            if (auto later = delay_ms.load()) {
                timer.expires_after(std::chrono::milliseconds{later});
                (void)co_await timer.async_wait(as_result);
            }
            while (stalls && from.is_open()) {
                timer.expires_after(poll_interval);
                (void)co_await timer.async_wait(as_result);
            }
            if (pair->is_cut) continue;
            auto cut = &from == &pair->near ? cut_point_in({buffer.data(), size}) : CutPoint::none;
            if (cut != CutPoint::before_commit) {
                auto [write_error, written] =
                    co_await asio::async_write(to, asio::buffer(buffer.data(), size), as_result);
                if (write_error && !pair->is_cut) break;
            }
            if (cut != CutPoint::none) {
                pair->is_cut = true;
                ++cuts;
                boost::system::error_code ignored;
                pair->near.close(ignored);
                co_return;
            }
        }
        boost::system::error_code ignored;
        to.shutdown(tcp::socket::shutdown_send, ignored);
        from.shutdown(tcp::socket::shutdown_receive, ignored);
    }

    CutPoint cut_point_in(std::string_view bytes) {
        return bytes.contains(std::string_view{"COMMIT\0", 7}) ? next_cut.exchange(CutPoint::none)
                                                               : CutPoint::none;
    }

    std::uint16_t target;
    asio::io_context context{1};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
    std::set<std::shared_ptr<Pair>> pairs;  // on the context's thread
    std::atomic<bool> refuses = false, stalls = false;
    std::atomic<std::int64_t> delay_ms = 0;
    std::atomic<CutPoint> next_cut = CutPoint::none;
    std::atomic<int> cuts = 0;
    std::jthread thread;
};

FaultProxy::FaultProxy(std::uint16_t target) : state_(std::make_shared<State>(target)) {
    asio::co_spawn(state_->context, state_->accept(), asio::detached);
    state_->thread = std::jthread{[state = state_.get()] { state->context.run(); }};
}

FaultProxy::~FaultProxy() {
    state_->context.stop();
    state_->thread.join();
}

std::uint16_t FaultProxy::port() const { return state_->acceptor.local_endpoint().port(); }

void FaultProxy::cut() {
    asio::post(state_->context, [state = state_.get()] {
        for (const auto& pair : state->pairs) pair->reset();
    });
}

void FaultProxy::send_to_clients(std::string bytes) {
    asio::post(state_->context, [state = state_.get(), bytes = std::move(bytes)] {
        for (const auto& pair : state->pairs) {
            boost::system::error_code ignored;
            asio::write(pair->near, asio::buffer(bytes), ignored);
        }
    });
}

void FaultProxy::refuse(bool refuses) { state_->refuses = refuses; }
void FaultProxy::delay(std::chrono::milliseconds time) { state_->delay_ms = time.count(); }
void FaultProxy::stall(bool stalls) { state_->stalls = stalls; }

void FaultProxy::heal() {
    refuse(false);
    delay({});
    stall(false);
}

void FaultProxy::cut_next(CutPoint point) { state_->next_cut = point; }
int FaultProxy::cuts() const { return state_->cuts; }

}  // namespace stagedoor::testing
