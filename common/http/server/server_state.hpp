// What the connections of one server share; and what those of one executor share, which needs no lock.
#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "common/http/server/compression.hpp"
#include "common/http/server/request_origin.hpp"
#include "common/http/server/response_writer.hpp"
#include "common/http/server/server.hpp"
#include "common/runtime/async_event.hpp"

namespace stagedoor::http {

class Connection;
using ListHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// The connections of one executor and what they use in turn. Touched by that executor's thread alone.
struct Lane {
    Lane(runtime::Executor where, runtime::Random& random) : executor(std::move(where)), ids(random) {}

    // One timer looks after the deadlines of all connections: none of them sets one of its own.
    void sweep();
    void stop();

    runtime::Executor executor;
    Ids ids;
    Compressor compressor;
    Date date;
    boost::intrusive::list<Connection, boost::intrusive::base_hook<ListHook>,
                           boost::intrusive::constant_time_size<false>>
        connections;
    std::weak_ptr<boost::asio::steady_timer> timer;  // the sweep's own
    bool stopped = false;
};

struct ServerState {
    ServerState(ServerOptions with, Handler answer, runtime::Clock& time, runtime::Metrics& metrics);

    void count_refused(std::string_view why) { refused.at(why).add(); }

    ServerOptions options;
    Handler handler;
    runtime::Clock& clock;
    TrustedProxies proxies;
    std::vector<std::unique_ptr<Lane>> lanes;  // as they are from the start

    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> turned_away = 0;  // connections over the limit that still get their 503
    std::atomic<std::size_t> requests = 0;     // with a handler
    std::atomic<bool> draining = false;
    std::atomic<bool> door_closed = false;  // a connection that has nothing to do ends
    runtime::AsyncEvent connection_ended;   // told once the door is closed

    runtime::Gauge open_connections;
    std::map<std::string_view, runtime::Counter> refused;
};

}  // namespace stagedoor::http
