// A TCP proxy on loopback that can be told to misbehave: what stands for the network between two parts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace stagedoor::testing {

// Runs on a thread of its own. Any thread may call it.
class FaultProxy {
  public:
    // Passes what comes to port() on to a loopback port.
    explicit FaultProxy(std::uint16_t target);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const;

    // Resets every connection, in the middle of whatever it is.
    void cut();
    // While set: new connections are reset.
    void refuse(bool refuses);
    // While set: what arrives is passed on so much later.
    void delay(std::chrono::milliseconds time);
    // While set: nothing is passed on, in either direction, and nobody is told.
    void stall(bool stalls);
    // As if nothing had ever been wrong.
    void heal();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace stagedoor::testing
