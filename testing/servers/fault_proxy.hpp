// A TCP proxy on loopback that injects faults: the network between two processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace stagedoor::testing {

// Runs on a thread of its own. Thread-safe.
class FaultProxy {
  public:
    // Forwards connections to port() to a loopback port.
    explicit FaultProxy(std::uint16_t target);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    // Resets every connection at once.
    void cut();
    // While set: new connections are reset.
    void refuse(bool refuses);
    // While set: everything is forwarded this much later.
    void delay(std::chrono::milliseconds time);
    // While set: nothing is forwarded, in either direction, and no connection is closed.
    void stall(bool stalls);
    // Sends bytes to every client, as if they came from the server.
    void send_to_clients(std::string bytes);
    // Ends all faults.
    void heal();

    // Where cut_next() closes a client's connection to PostgreSQL.
    enum class CutPoint {
        none,
        before_commit,  // COMMIT never reaches the server, which keeps the transaction open
        after_commit,   // the server receives it, but its response is lost
    };
    // Cuts at the next COMMIT sent as text (the first of a connection, which prepares it); later ones pass.
    // The server doesn't notice: its side of the connection stays open.
    void cut_next(CutPoint point);
    [[nodiscard]] int cuts() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace stagedoor::testing
