// Where JetStream is, and how Stagedoor uses it.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace stagedoor::bus {

// Which entities each service tells of.
using Tellers = std::map<std::string, std::set<std::string>>;
// By the contracts.
[[nodiscard]] Tellers tellers();

struct JetStreamOptions {
    std::string servers =
        "nats://127.0.0.1:4222";   // several of a cluster with commas between; user and password may
                                   // stand in front: nats://user:password@host:port
    std::string user, password;    // for those that have none of their own
    std::string credentials_file;  // a user's JWT and seed, as `nsc` writes them
    std::string ca_file;           // who vouches for the server; empty: the system's, with tls://
    std::string certificate_file, key_file;  // with which we show who we are

    int replicas = 1;                   // of streams: 1, or 3 in a cluster
    std::string prefix = "stagedoor-";  // of streams' names
    std::chrono::milliseconds duplicate_window{
        120'000};  // in which JetStream itself drops what is sent again
    // Then an event that was not acknowledged comes again: a copy that is killed keeps what it had in hand for so long.
    // One that works on it says so every third of it.
    std::chrono::milliseconds ack_wait{5'000};
    Tellers entities = tellers();
};

}  // namespace stagedoor::bus
