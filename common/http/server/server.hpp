// HTTP/1.1 over TCP: limits, time-outs, compression, conditional GET, the access log, drain. What to answer
// is the handler's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http/message.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::http {

// Answers one request. What it throws becomes the one error shape (see problem.hpp).
using Handler = std::function<Task<Response>(Request&)>;

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one

    // Each limit is what a well-meaning client never meets; what goes over is answered, then closed.
    std::size_t body_limit = 64 * 1024;     // 413
    std::size_t header_limit = 16 * 1024;   // 431
    std::size_t connection_limit = 10'000;  // 503 with Retry-After, at once
    std::size_t requests_limit = 2048;      // under way at the same time: 503 with Retry-After
    std::chrono::milliseconds header_timeout{
        10'000};  // from a request's first byte to the end of its head: 408
    std::chrono::milliseconds body_timeout{20'000};     // to the end of its body: 408
    std::chrono::milliseconds idle_timeout{75'000};     // between requests: closed silently
    std::chrono::milliseconds write_timeout{30'000};    // a client that doesn't read: closed
    std::chrono::milliseconds handler_timeout{30'000};  // 503
    std::chrono::milliseconds drain_delay{2'000};  // still accepting, `Connection: close` on every answer
    std::chrono::milliseconds drain_limit{8'000};  // then what is still under way is cut off

    // Addresses and networks (10.0.0.0/8) whose X-Forwarded-For and -Proto count.
    std::vector<std::string> trusted_proxies;
    bool access_log = true;
};

class Server {
  public:
    virtual ~Server() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;

    // From this call on every answer says `Connection: close`. The task goes on accepting for drain_delay,
    // then closes the door, lets what is under way end within drain_limit, and returns.
    [[nodiscard]] virtual Task<> drain() = 0;
    [[nodiscard]] virtual bool draining() const = 0;
};

// Handlers that outlast handler_timeout run on to their end, unheard, and count as under way until then.
//
// The server is destroyed after drain() has returned, or after its executors' threads have stopped; and
// before its executors, clock, random and metrics.
//
// Listens at once; throws std::runtime_error with one line for the operator when it can't (port in use …).
// Each of `executors` gets its share of the connections; a connection stays on one (each must run on one
// thread).
[[nodiscard]] std::unique_ptr<Server> serve(ServerOptions options, Handler handler,
                                            std::vector<runtime::Executor> executors, runtime::Clock& clock,
                                            runtime::Random& random, runtime::Metrics& metrics);

}  // namespace stagedoor::http
