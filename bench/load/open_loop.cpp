#include "bench/load/open_loop.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <memory>

namespace stagedoor::load {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;

// ReadYourWrites that fall due within this of each other leave together: a timer for each would cost more CPU than
// its request. It is part of the measured latency, as that counts from the due time.
constexpr auto kTick = std::chrono::microseconds{300};

struct Connection {
    explicit Connection(asio::io_context& context) : socket(context) {}

    asio::ip::tcp::socket socket;
    AnswerReader reader;
    bool busy = false;
    std::uint64_t arrival = 0;
    Instant due;
};

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
        : plan_(plan), traffic_(traffic), timer_(context_), give_up_(context_) {}

    Measured go();

  private:
    bool open_loop() const { return plan_.rate > 0; }
    Instant due_at(std::uint64_t arrival) const;
    bool is_due(Instant now) const;
    bool nothing_more_due(Instant now) const;

    void open(Connection& connection);
    void reopen(Connection& connection);
    void broke(Connection& connection);
    void receive(Connection& connection);
    void received(Connection& connection, error_code error, std::size_t bytes);
    void answered(Connection& connection, const Answer& answer, Instant now);
    void send_what_is_due(Instant now);
    void begin(Connection& connection, Instant now);
    void send(Connection& connection, std::string_view request);
    void release(Connection& connection);
    void tick();
    void stop_when_done(Instant now);
    void sum_up(double cpu_seconds_used);

    const Plan& plan_;
    Traffic& traffic_;
    // One thread, so no locks inside Asio either.
    asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    asio::steady_timer timer_;
    asio::steady_timer give_up_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::deque<Connection*> idle_;  // the one that waited longest is next, so all of them are used
    std::uint64_t next_arrival_ = 0;
    std::uint64_t read_your_writes_ = 0;  // open loop: how many there will be
    std::uint64_t in_flight_ = 0;         // read_your_writes begun and not through
    Instant start_, measure_from_, end_, last_answer_;
    Measured measured_;
};

Measured Run::go() {
    for (int i = 0; i < plan_.connections; ++i) {
        open(*connections_.emplace_back(std::make_unique<Connection>(context_)));
        idle_.push_back(connections_.back().get());
        receive(*connections_.back());
    }
    auto cpu_before = cpu_seconds();
    start_ = last_answer_ = Clock::now();
    measure_from_ = start_ + plan_.warmup;
    end_ = measure_from_ + plan_.measured;
    read_your_writes_ =
        static_cast<std::uint64_t>(plan_.rate * std::chrono::duration<double>(end_ - start_).count());
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
    sum_up(cpu_seconds() - cpu_before);
    return std::move(measured_);
}

Instant Run::due_at(std::uint64_t arrival) const {
    auto offset = std::chrono::duration<double>{static_cast<double>(arrival) / plan_.rate};
    return start_ + std::chrono::duration_cast<Clock::duration>(offset);
}

bool Run::is_due(Instant now) const {
    if (open_loop()) return next_arrival_ < read_your_writes_ && due_at(next_arrival_) <= now;
    return now < end_;
}

bool Run::nothing_more_due(Instant now) const {
    return open_loop() ? next_arrival_ == read_your_writes_ : now >= end_;
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

void Run::broke(Connection& connection) {
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
        broke(connection);
    } else {
        connection.reader.received(bytes);
        while (auto answer = connection.reader.next()) answered(connection, *answer, now);
    }
    send_what_is_due(now);
    receive(connection);
    stop_when_done(now);
}

void Run::answered(Connection& connection, const Answer& answer, Instant now) {
    if (!connection.busy) throw MalformedAnswer{"an answer that nobody asked for"};
    last_answer_ = now;
    ++measured_.answered;
    ++measured_.answers[answer.status];
    auto next = traffic_.next(connection.arrival, answer);
    if (!next.accepted && measured_.refused++ == 0) {
        measured_.first_refused = fmt::format("{} {}", answer.status, answer.body.substr(0, 300));
    }
    if (answer.closes) reopen(connection);
    if (next.accepted && !next.request.empty()) return send(connection, next.request);
    if (next.accepted && connection.due >= measure_from_) measured_.latency.record(now - connection.due);
    release(connection);
}

void Run::release(Connection& connection) {
    connection.busy = false;
    --in_flight_;
    idle_.push_back(&connection);
}

void Run::send_what_is_due(Instant now) {
    while (!idle_.empty() && is_due(now)) {
        auto& connection = *idle_.front();
        idle_.pop_front();
        begin(connection, now);
    }
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
    // A request is far smaller than the empty socket buffer, so this never waits. A broken connection is told
    // to the read that is always pending.
    error_code ignored;
    asio::write(connection.socket, asio::buffer(request), ignored);
}

void Run::tick() {
    auto now = Clock::now();
    send_what_is_due(now);
    if (nothing_more_due(now)) return;
    timer_.expires_at(std::max(due_at(next_arrival_), now + kTick));
    timer_.async_wait([this](error_code error) {
        if (!error) tick();
    });
}

void Run::stop_when_done(Instant now) {
    if (in_flight_ == 0 && nothing_more_due(now)) context_.stop();
}

void Run::sum_up(double cpu_seconds_used) {
    auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
    measured_.lost += in_flight_;
    measured_.never_sent = open_loop() ? read_your_writes_ - next_arrival_ : 0;
    if (last_answer_ > measure_from_) {
        // In the open loop the last arrival's slot belongs to the time measured, else a short run rounds up.
        auto until = open_loop() ? std::max(last_answer_, end_) : last_answer_;
        measured_.rate = static_cast<double>(measured_.latency.count()) / seconds(until - measure_from_);
    }
    measured_.own_cores = cpu_seconds_used / std::max(0.001, seconds(Clock::now() - start_));
}

}  // namespace

std::vector<std::string> Measured::failures() const {
    std::vector<std::string> found;
    if (latency.count() == 0) found.push_back("zero samples: nothing was measured");
    if (refused > 0)
        found.push_back(fmt::format("{} answers not as expected, the first: {}", refused, first_refused));
    if (lost > 0) found.push_back(fmt::format("{} requests without an answer", lost));
    if (never_sent > 0) {
        found.push_back(
            fmt::format("{} read_your_writes never sent: the server did not keep up", never_sent));
    }
    return found;
}

Measured run(const Plan& plan, Traffic& traffic) { return Run{plan, traffic}.go(); }

}  // namespace stagedoor::load
