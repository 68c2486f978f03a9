#include "bench/load/open_loop.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace stagedoor::load {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

// Arrivals due within this time of each other are sent together: a timer for each would cost more CPU than
// its request. The delay is part of the latency, which counts from the due time.
constexpr auto tick_interval = std::chrono::microseconds{300};

struct Connection {
    explicit Connection(asio::io_context& context) : socket(context) {}

    asio::ip::tcp::socket socket;
    ResponseReader reader;
    bool busy = false;
    std::uint64_t arrival = 0, accepted = 0;
    Instant due;
};

// nullopt if the response doesn't ask to come again later.
std::optional<std::chrono::seconds> retry_after(const Response& response) {
    if (response.status != 503) return std::nullopt;
    auto text = header(response.head, "retry-after");
    return text ? std::optional{std::chrono::seconds{std::stoi(std::string{*text})}} : std::nullopt;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Run {
  public:
    Run(const Plan& plan, Traffic& traffic)
        : plan_(plan), traffic_(traffic), timer_(context_), retry_timer_(context_), give_up_(context_) {}

    Measured go();

  private:
    bool open_loop() const { return plan_.rate > 0; }
    Instant due_at(std::uint64_t arrival) const;
    bool is_due(Instant now) const;
    bool nothing_more_due(Instant now) const;

    void open(Connection& connection);
    void reopen(Connection& connection);
    void connection_lost(Connection& connection);
    void receive(Connection& connection);
    void received(Connection& connection, error_code error, std::size_t bytes);
    void responded(Connection& connection, const Response& response, Instant now);
    void send_what_is_due(Instant now);
    void begin(Connection& connection, Instant now);
    void send(Connection& connection, std::string_view request);
    void release(Connection& connection, Clock::duration pause = {});
    void resume_after_pause();
    void drop_what_is_due(Instant now);
    void tick();
    void stop_when_done(Instant now);
    void finish(double cpu_seconds_used);

    const Plan& plan_;
    Traffic& traffic_;
    // One thread only, so Asio needs no locks.
    asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    asio::steady_timer timer_;
    asio::steady_timer retry_timer_;
    asio::steady_timer give_up_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<Connection*> idle_;                // longest idle first, so that all of them are used
    std::multimap<Instant, Connection*> paused_;  // until when
    std::uint64_t next_arrival_ = 0;
    std::uint64_t arrivals_ = 0;   // total; open loop only
    std::uint64_t in_flight_ = 0;  // arrivals started but not complete
    Instant start_, measure_from_, end_, last_response_;
    Measured measured_;
};

Measured Run::go() {
    for (int i = 0; i < plan_.connections; ++i) {
        open(*connections_.emplace_back(std::make_unique<Connection>(context_)));
        idle_.push_back(connections_.back().get());
        receive(*connections_.back());
    }
    auto cpu_before = cpu_seconds();
    start_ = last_response_ = Clock::now();
    measure_from_ = start_ + plan_.warmup;
    end_ = measure_from_ + plan_.measured;
    arrivals_ = static_cast<std::uint64_t>(plan_.rate * std::chrono::duration<double>(end_ - start_).count());
    give_up_.expires_at(end_ + plan_.drain);
    give_up_.async_wait([this](error_code error) {
        if (!error) context_.stop();
    });
    if (open_loop()) {
        tick();
    } else {
        send_what_is_due(start_);
    }
    context_.run();
    finish(cpu_seconds() - cpu_before);
    return std::move(measured_);
}

Instant Run::due_at(std::uint64_t arrival) const {
    auto offset = std::chrono::duration<double>{static_cast<double>(arrival) / plan_.rate};
    return start_ + std::chrono::duration_cast<Clock::duration>(offset);
}

bool Run::is_due(Instant now) const {
    if (open_loop()) return next_arrival_ < arrivals_ && due_at(next_arrival_) <= now;
    return now < end_;
}

bool Run::nothing_more_due(Instant now) const {
    return open_loop() ? next_arrival_ == arrivals_ : now >= end_;
}

void Run::open(Connection& connection) {
    connection.socket.connect(plan_.server);
    connection.socket.set_option(asio::ip::tcp::no_delay{true});
    connection.reader.reset();
}

void Run::reopen(Connection& connection) {
    ++measured_.reconnects;
    connection.socket.close();
    open(connection);
}

void Run::connection_lost(Connection& connection) {
    reopen(connection);
    if (!connection.busy) return;
    ++measured_.lost;
    release(connection);
}

void Run::receive(Connection& connection) {
    auto space = connection.reader.free_space();
    connection.socket.async_receive(
        asio::buffer(space.data(), space.size()),
        [this, &connection](error_code error, std::size_t bytes) { received(connection, error, bytes); });
}

void Run::received(Connection& connection, error_code error, std::size_t bytes) {
    auto now = Clock::now();
    if (error) {
        connection_lost(connection);
    } else {
        connection.reader.received(bytes);
        while (auto response = connection.reader.next()) responded(connection, *response, now);
    }
    send_what_is_due(now);
    receive(connection);
    stop_when_done(now);
}

void Run::responded(Connection& connection, const Response& response, Instant now) {
    if (!connection.busy) throw MalformedResponse{"unexpected response"};
    last_response_ = now;
    ++measured_.responded;
    ++measured_.responses[response.status];
    auto next = traffic_.next(connection.arrival, response);
    if (auto pause = plan_.overload ? retry_after(response) : std::nullopt) {
        ++measured_.refused;
        if (response.closes) reopen(connection);
        return release(connection, *pause);
    }
    if (!next.accepted && measured_.rejected++ == 0) {
        measured_.first_rejected = fmt::format("{} {}", response.status, response.body.substr(0, 300));
    }
    if (response.closes) reopen(connection);
    if (next.accepted && !next.request.empty()) return send(connection, next.request);
    if (next.accepted && connection.due >= measure_from_) measured_.latency.record(now - connection.due);
    if (next.accepted) ++connection.accepted;
    release(connection);
}

void Run::release(Connection& connection, Clock::duration pause) {
    connection.busy = false;
    --in_flight_;
    if (pause == Clock::duration::zero()) return idle_.push_back(&connection);
    auto at = paused_.emplace(Clock::now() + pause, &connection);
    if (at == paused_.begin()) resume_after_pause();
}

void Run::resume_after_pause() {
    retry_timer_.expires_at(paused_.begin()->first);
    retry_timer_.async_wait([this](error_code error) {
        if (error) return;
        auto now = Clock::now();
        while (!paused_.empty() && paused_.begin()->first <= now)
            idle_.push_back(paused_.extract(paused_.begin()).mapped());
        send_what_is_due(now);
        if (!paused_.empty()) resume_after_pause();
        stop_when_done(now);
    });
}

void Run::send_what_is_due(Instant now) {
    while (!idle_.empty() && is_due(now)) {
        auto& connection = *idle_.front();
        idle_.pop_front();
        begin(connection, now);
    }
    if (plan_.overload && open_loop()) drop_what_is_due(now);
}

void Run::drop_what_is_due(Instant now) {
    for (; is_due(now); ++next_arrival_) ++measured_.never_sent;
}

void Run::begin(Connection& connection, Instant now) {
    connection.arrival = next_arrival_++;
    connection.due = open_loop() ? due_at(connection.arrival) : now;
    connection.busy = true;
    ++in_flight_;
    send(connection, traffic_.request(connection.arrival));
}

void Run::send(Connection& connection, std::string_view request) {
    ++measured_.sent;
    // A request fits into the empty socket buffer, so this never blocks. The pending read reports broken
    // connections.
    error_code ignored;
    asio::write(connection.socket, asio::buffer(request), ignored);
}

void Run::tick() {
    auto now = Clock::now();
    send_what_is_due(now);
    if (nothing_more_due(now)) return;
    timer_.expires_at(std::max(due_at(next_arrival_), now + tick_interval));
    timer_.async_wait([this](error_code error) {
        if (!error) tick();
    });
}

void Run::stop_when_done(Instant now) {
    if (in_flight_ == 0 && nothing_more_due(now)) context_.stop();
}

void Run::finish(double cpu_seconds_used) {
    auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
    measured_.lost += in_flight_;
    if (open_loop()) measured_.never_sent += arrivals_ - next_arrival_;
    std::vector<std::uint64_t> accepted;
    for (const auto& connection : connections_) accepted.push_back(connection->accepted);
    std::ranges::sort(accepted);
    measured_.min_of_connection = accepted.front();
    measured_.median_of_connection = accepted[accepted.size() / 2];
    measured_.max_of_connection = accepted.back();
    measured_.was_overloaded = plan_.overload;
    if (last_response_ > measure_from_) {
        // In the open loop the last arrival's slot counts too; otherwise short runs would report too high a
        // rate.
        auto until = open_loop() ? std::max(last_response_, end_) : last_response_;
        measured_.rate = static_cast<double>(measured_.latency.count()) / seconds(until - measure_from_);
    }
    measured_.own_cores = cpu_seconds_used / std::max(0.001, seconds(Clock::now() - start_));
}

}  // namespace

std::vector<std::string> Measured::failures() const {
    std::vector<std::string> found;
    if (latency.count() == 0) found.push_back("no samples: nothing was measured");
    if (rejected > 0)
        found.push_back(fmt::format("{} unexpected responses, the first: {}", rejected, first_rejected));
    if (lost > 0) found.push_back(fmt::format("{} requests without a response", lost));
    if (never_sent > 0 && !was_overloaded) {
        found.push_back(fmt::format("{} arrivals never sent: the server did not keep up", never_sent));
    }
    return found;
}

Measured run(const Plan& plan, Traffic& traffic) { return Run{plan, traffic}.go(); }

}  // namespace stagedoor::load
