// A private NATS server with JetStream, or a member of a cluster, with a store of its own and a free loopback
// port.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/certificates.hpp"
#include "fleet/process.hpp"

namespace stagedoor::fleet {

struct ClusterMember {
    std::string name;
    std::uint16_t port = 0;  // for the other members
};

// Whether the server that prints this for --version has the setting sync_interval, new in 2.10.
[[nodiscard]] bool knows_sync_interval(std::string_view version);

class NatsServer {
  public:
    struct Options {
        std::uint16_t port = 0;                   // for clients; 0: a free one, the same at every start
        std::vector<ClusterMember> cluster = {};  // all members; empty: a single server
        std::size_t member = 0;                   // its index in `cluster`
        // By user of the generated users.conf, letters and digits that begin with a letter, and of "cluster",
        // by which the members know each other. Empty: there is one user, who may do everything.
        std::map<std::string, std::string> passwords = {};
        std::optional<Identity> identity = {};  // with one, it and the other members speak TLS only
        // It acknowledges a message when it is on the disk, not up to two minutes before: slower, but after
        // a power cut nothing has to be published again. Servers older than 2.10 can't.
        bool syncs_messages = false;
    };
    explicit NatsServer(std::filesystem::path folder) : NatsServer(std::move(folder), Options{}) {}
    NatsServer(std::filesystem::path folder, Options options);

    // Starts it and waits until JetStream is healthy (a cluster's member: until it responds). Throws, with
    // its log, if that takes more than 20 s.
    void start();
    void stop();
    void kill();
    // Deletes its store. Call while it is stopped.
    void wipe();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] Process& process() { return *process_; }

    // With the user who may do everything, or one of users.conf, and the password.
    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::string url(const std::string& user) const;
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::filesystem::path store() const { return folder_ / "store"; }

  private:
    std::filesystem::path folder_;
    std::uint16_t port_, monitor_port_;
    bool clustered_;
    std::map<std::string, std::string> passwords_;
    std::unique_ptr<Process> process_;
};

}  // namespace stagedoor::fleet
