// State shared by all connections of a server, and by those of one executor, which need no lock.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/http/server/admission.hpp"
#include "common/http/server/compression.hpp"
#include "common/http/server/request_ids.hpp"
#include "common/http/server/response_writer.hpp"
#include "common/http/server/server.hpp"
#include "common/http/server/trusted_proxies.hpp"
#include "common/runtime/async_event.hpp"

namespace stagedoor::http {

class Connection;
using ListHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// The connections of one executor and what they share. Used only by that executor's thread.
struct Worker {
    Worker(runtime::Executor where, runtime::Random& random) : executor(std::move(where)), ids(random) {}

    // Expires connections past their deadlines, with one timer for all of them.
    void sweep();
    void stop();

    runtime::Executor executor;
    RandomIds ids;
    Compressor compressor;
    Date date;
    boost::intrusive::list<Connection, boost::intrusive::base_hook<ListHook>,
                           boost::intrusive::constant_time_size<false>>
        connections;
    std::weak_ptr<boost::asio::steady_timer> timer;  // of the sweep
    bool stopped = false;
};

// How many of something each network has. Any thread.
class CountsOfNetworks {
  public:
    // Counts one more; false, uncounted, if the network has `limit` already.
    [[nodiscard]] bool add(const std::string& network, std::size_t limit);
    void remove(const std::string& network);

  private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> counts_;  // at most one per open connection
};

// Handshakes of TLS that failed: a log line a minute at most, since strangers can cause any number.
class FailedHandshakes {
  public:
    void log(runtime::Clock& clock, const std::string& client, const std::string& error);

  private:
    std::mutex mutex_;
    std::optional<std::chrono::nanoseconds> logged_at_;
    int unlogged_ = 0;  // since then
};

struct ServerState {
    ServerState(ServerOptions with, Handler request_handler, runtime::Clock& time, runtime::Metrics& metrics);

    void count_rejected(std::string_view reason) { rejected.at(reason).add(); }
    void count_failed_handshake(const std::string& client, const std::string& error) {
        count_rejected("handshake");
        failed_handshakes.log(clock, client, error);
    }
    // On the thread of the first worker, which accepts.
    void reload_certificate();

    ServerOptions options;
    Handler handler;
    runtime::Clock& clock;
    TrustedProxies proxies;
    std::unique_ptr<TlsContext> tls;               // null: not encrypted
    std::vector<std::unique_ptr<Worker>> workers;  // never changes

    CountsOfNetworks of_clients;  // connections
    Admission admission;
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> rejected_connections = 0;  // over the limit, still to get their 503
    std::atomic<std::size_t> large_bodies = 0;          // beyond body_limit
    CountsOfNetworks large_bodies_of_networks;
    std::atomic<bool> draining = false;
    std::atomic<bool> closing = false;  // no new connections; idle ones are closed
    std::atomic<bool> socket_removed = false;
    runtime::AsyncEvent connection_ended;  // notified while closing

    FailedHandshakes failed_handshakes;
    runtime::Gauge open_connections;
    std::optional<runtime::Gauge> certificate_expiry;
    std::map<std::string_view, runtime::Counter> rejected;
};

}  // namespace stagedoor::http
