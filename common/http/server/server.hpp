// HTTP/1.1 over TCP, TLS or a unix socket: limits, timeouts, compression, conditional GET, access log, drain.
// The handler makes the responses.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/errors.hpp"
#include "common/http/message.hpp"
#include "common/http/server/tls.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::http {

// Handles one request. Exceptions become the one error shape (see problem.hpp).
using Handler = std::function<Task<Response>(Request&)>;

// Handles a request of which only the head is there, and the error that keeps it from being handled.
using RejectionHandler = std::function<Task<Response>(Request& head, ApiError why)>;

// The `remote_address` of requests that come over a unix socket.
inline constexpr std::string_view unix_peer = "unix";

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    // A unix socket to listen on instead, for processes of the same user and for root.
    std::string socket = {};
    TlsFiles tls = {};

    // No well-behaved client reaches these. A request beyond one gets a response, then the connection is
    // closed.
    std::size_t body_limit = 64 * 1024;  // 413
    // The limit of a request of which only the head is there, where it is higher; nullopt: it isn't.
    std::function<std::optional<std::size_t>(const Request& head)> higher_body_limit = {};
    std::size_t large_bodies_limit = 4;  // beyond body_limit, in progress at once: 503 with Retry-After
    // Of one network (see network_of()), so that one visitor can't take all places: 503 with Retry-After.
    std::size_t large_bodies_of_network_limit = 2;
    // Responds to a request whose body is rejected, for one of the three reasons above; what it throws
    // becomes the one error shape, as without it.
    RejectionHandler rejected_body = {};
    std::size_t header_limit = 16 * 1024;   // 431
    std::size_t connection_limit = 16'384;  // 503 with Retry-After, at once
    // Of one client: an IPv4 address or the /64 of an IPv6 address. Trusted proxies have no such limit.
    std::size_t connections_of_client_limit = 16'384;  // 503 with Retry-After, at once
    std::size_t requests_limit = 2048;                 // in progress at the same time: 503 with Retry-After
    std::chrono::milliseconds handshake_timeout{10'000};  // of TLS: closed
    std::chrono::milliseconds header_timeout{
        10'000};  // from a request's first byte to the end of its head: 408
    std::chrono::milliseconds body_timeout{20'000};         // to the end of its body: 408
    std::chrono::milliseconds large_body_timeout{120'000};  // 10 MiB at 1 Mbit/s take 84 s
    std::chrono::milliseconds idle_timeout{75'000};         // between requests: closed without a response
    std::chrono::milliseconds write_timeout{30'000};        // client does not read: closed
    std::chrono::milliseconds handler_timeout{30'000};      // 503
    // Nothing was sent on a stream: its heartbeat is. Shorter than what proxies wait for a response.
    std::chrono::milliseconds heartbeat_interval{15'000};
    std::chrono::milliseconds drain_delay{2'000};  // still accepting, `Connection: close` on every response
    std::chrono::milliseconds drain_limit{8'000};  // then requests still in progress are cut off
    std::chrono::milliseconds certificate_interval{10'000};  // between looks whether the files have changed

    // Addresses and networks (10.0.0.0/8) whose X-Forwarded-For and X-Forwarded-Proto are trusted.
    std::vector<std::string> trusted_proxies;
    // Instead: how many proxies every request passes, whatever their addresses are.
    std::size_t trusted_hops = 0;
    // Visitors use https: Strict-Transport-Security makes browsers use nothing else.
    bool https = false;
    bool access_log = true;
};

class Server {
  public:
    virtual ~Server() = default;
    // 0 for a unix socket.
    [[nodiscard]] virtual std::uint16_t port() const = 0;

    // From this call on, every response has `Connection: close`, and streams have ended. The task keeps
    // accepting for drain_delay, then stops accepting, gives requests in progress up to drain_limit to
    // finish, and returns.
    [[nodiscard]] virtual Task<> drain() = 0;
    [[nodiscard]] virtual bool draining() const = 0;
};

// Handlers that exceed handler_timeout run to their end, their result discarded, and count as in progress
// until then.
//
// Destroy the server after drain() has returned or its executors' threads have stopped, and before its
// executors, clock, random and metrics.
//
// Listens at once; throws std::runtime_error with one line for the operator if it can't (port in use …).
// Connections are spread over `executors`, each of which must run on one thread; a connection stays on one.
[[nodiscard]] std::unique_ptr<Server> serve(ServerOptions options, Handler handler,
                                            std::vector<runtime::Executor> executors, runtime::Clock& clock,
                                            runtime::Random& random, runtime::Metrics& metrics);

}  // namespace stagedoor::http
