// A private NATS server with JetStream, or one of a cluster: its store in a folder of its own, on a free loopback port.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fleet/process.hpp"

namespace stagedoor::fleet {

// What a member of a cluster is called, and where the others find it.
struct ClusterMember {
    std::string name;
    std::uint16_t port = 0;  // for the other members
};

class NatsServer {
  public:
    struct Options {
        std::uint16_t port = 0;                   // for clients; 0: a free one, kept from start to start
        std::vector<ClusterMember> cluster = {};  // all of them; empty: it stands alone
        std::size_t member = 0;                   // which of them it is
    };
    explicit NatsServer(std::filesystem::path folder) : NatsServer(std::move(folder), Options{}) {}
    NatsServer(std::filesystem::path folder, Options options);

    // Starts it and waits until it answers as a server with JetStream (a cluster's member: until it listens). Throws,
    // with its last words, when it doesn't within 20 s.
    void start();
    void stop();
    void kill();
    // What it stored is gone; while it is down.
    void wipe();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] Process& process() { return *process_; }

    // With user and password in it.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::filesystem::path store() const { return folder_ / "store"; }

  private:
    std::filesystem::path folder_;
    std::uint16_t port_, monitor_port_;
    bool clustered_;
    std::unique_ptr<Process> process_;
};

}  // namespace stagedoor::fleet
