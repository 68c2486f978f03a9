// Sends requests on a fixed schedule and measures each arrival's latency from when it was due to its last
// response.
//
// Open loop: arrival i is due at start + i/rate, whatever happened to earlier ones, since buyers
// don't wait for each other. A server that stalls for a second is charged for every arrival due in that
// second (no coordinated omission). Closed loop (`rate` 0): each connection starts its next arrival as soon
// as the previous one is over; finds the capacity.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/histogram.hpp"
#include "bench/load/response_reader.hpp"

namespace stagedoor::load {

struct Plan {
    boost::asio::ip::tcp::endpoint server;
    std::uint16_t admin_port = 0;  // of the same address, with its metrics; 0: unknown
    double rate = 0;               // arrivals per second; 0: closed loop
    std::chrono::milliseconds warmup{2000};
    std::chrono::milliseconds measured{10000};
    std::chrono::milliseconds drain{10000};  // how long to wait for responses after the last arrival
    int connections = 64;
    // More than the server can handle, which refuses the rest by a 503 with Retry-After. A refused connection
    // waits that long; arrivals that find all connections busy or waiting are held back, as by people who
    // come again later.
    bool overload = false;
    // Called with "ready" before the load and with "done" after it: lets others read counters in between.
    std::function<void(std::string_view)> pause = [](std::string_view) {};
};

// What to do after a response. A response that is not accepted ends its arrival.
struct Next {
    bool accepted = false;          // the response is the expected one
    std::string_view request = {};  // the arrival's next request; empty: it is complete
};

// Produces requests and judges responses. An arrival is one or several requests on one connection, each sent
// after the previous response. A request's bytes may be overwritten by the next call.
class Traffic {
  public:
    virtual ~Traffic() = default;

    virtual std::string_view request(std::uint64_t arrival) = 0;
    virtual Next next(std::uint64_t arrival, const Response& response) = 0;
};

struct Measured {
    Histogram latency;                       // of arrivals after the warm-up with all responses accepted
    std::map<int, std::uint64_t> responses;  // by status, warm-up included
    std::uint64_t sent = 0;                  // requests
    std::uint64_t responded = 0;
    std::uint64_t refused = 0;     // by a 503 that an overload explains
    std::uint64_t rejected = 0;    // other responses that were not accepted
    std::string first_rejected;    // the beginning of the first one
    std::uint64_t lost = 0;        // connection broken, or no response by the end of the drain
    std::uint64_t never_sent = 0;  // arrivals due without a free connection; failures without overload
    // Accepted arrivals of a connection: the fewest, the median, the most.
    std::uint64_t min_of_connection = 0, median_of_connection = 0, max_of_connection = 0;
    std::uint64_t reconnects = 0;
    bool was_overloaded = false;  // on purpose
    double rate = 0;       // accepted arrivals per second, from the end of the warm-up to the last response
    double own_cores = 0;  // CPU seconds of this program per second

    // Why this measurement is not valid; empty if it is.
    std::vector<std::string> failures() const;
};

// Runs the plan on this thread. Throws if the server can't be reached.
Measured run(const Plan& plan, Traffic& traffic);

}  // namespace stagedoor::load
