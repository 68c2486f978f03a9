// Sends requests on a fixed schedule and measures how long each arrival took from the moment it was due to its
// last answer.
//
// Open loop: arrival i is due at start + i/rate whatever became of the ones before, as buyers don't wait for
// each other. A server that stalls for a second is charged that second for every arrival that fell due in it
// (no coordinated omission). Closed loop (`rate` 0): the next arrival takes a connection as soon as the one
// before is through with it; finds the capacity.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/answer_reader.hpp"
#include "bench/load/histogram.hpp"

namespace stagedoor::load {

struct Plan {
    boost::asio::ip::tcp::endpoint server;
    double rate = 0;  // read_your_writes a second; 0: closed loop
    std::chrono::milliseconds warmup{2000};
    std::chrono::milliseconds measured{10000};
    std::chrono::milliseconds drain{10000};  // how long after the last arrival answers are waited for
    int connections = 64;
};

// What an answer leads to. An answer that is not accepted ends its arrival.
struct Next {
    bool accepted = false;          // it is the answer that this scenario must get
    std::string_view request = {};  // what the same arrival asks next; empty: that was all
};

// What is sent, and what is thought of the answers. An arrival is one request, or a few on one connection, each
// sent when the one before was answered. The bytes of a request may be overwritten by the next call.
class Traffic {
  public:
    virtual ~Traffic() = default;

    virtual std::string_view request(std::uint64_t arrival) = 0;
    virtual Next next(std::uint64_t arrival, const Answer& answer) = 0;
};

struct Measured {
    Histogram latency;  // of read_your_writes after the warm-up, each answer of them accepted
    std::map<int, std::uint64_t> answers;  // by status, warm-up included
    std::uint64_t sent = 0;                // requests
    std::uint64_t answered = 0;
    std::uint64_t refused = 0;     // answers that the traffic did not accept
    std::string first_refused;     // the beginning of the first of them
    std::uint64_t lost = 0;        // connection broken, or no answer by the end of the drain
    std::uint64_t never_sent = 0;  // read_your_writes due, but no connection came free in time
    std::uint64_t reconnects = 0;
    double rate = 0;  // accepted read_your_writes a second, from the end of the warm-up to the last answer
    double own_cores = 0;  // CPU time of this program for each second

    // Why this measurement must not be believed; empty when it may.
    std::vector<std::string> failures() const;
};

// Runs the plan on this thread. Throws when the server can't be reached at all.
Measured run(const Plan& plan, Traffic& traffic);

}  // namespace stagedoor::load
