// Options of the JetStream bus.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "common/bus/signature.hpp"

namespace stagedoor::bus {

// The entities that each service publishes events of.
using EntitiesByService = std::map<std::string, std::set<std::string>>;
// As declared in contracts/.
[[nodiscard]] EntitiesByService published_entities();

struct JetStreamOptions {
    // Comma-separated servers of a cluster, each optionally with credentials: nats://user:password@host:port
    std::string servers = "nats://127.0.0.1:4222";
    std::string user, password;              // for servers without credentials of their own
    std::string credentials_file;            // a user's JWT and seed, as `nsc` writes them
    std::string ca_file;                     // CA of the server; empty: the system's CAs, with tls://
    std::string certificate_file, key_file;  // of this client

    int replicas = 1;                                     // of each stream: 1, or 3 in a cluster
    std::string prefix = "stagedoor-";                    // of stream names
    std::chrono::milliseconds duplicate_window{120'000};  // in which JetStream itself drops duplicates
    // An unacknowledged event is delivered again after this time, which also delays the events of a killed
    // replica. A replica that is still working on an event reports progress three times in this interval.
    std::chrono::milliseconds ack_wait{5'000};
    EntitiesByService entities = published_entities();
    int max_batch = 256;  // events per transaction, of relays and deliveries
    // The service whose connection it is: its label in the connection's metrics, and part of its inbox, see
    // permissions.hpp. Empty: none.
    std::string service = {};
    EventKeys keys = {};
};

}  // namespace stagedoor::bus
