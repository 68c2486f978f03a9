// An attacker with one NATS user's password, or in some runs the server itself, publishes forged events: a
// key that signs an admin's token, and payments that nobody made. Success is a violation: of the invariants
// about money, or one found here.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/security/token.hpp"
#include "simulation/servers/direct_databases.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

class CompromisedUser {
  public:
    explicit CompromisedUser(Marketplace& marketplace);

    void start();
    // The forged tokens that were accepted since the last call.
    [[nodiscard]] std::vector<std::string> accepted_tokens() { return std::exchange(accepted_tokens_, {}); }

  private:
    [[nodiscard]] Task<> attack();
    void forge_key();
    void forge_payment();
    void publish(const bus::Event& event);
    [[nodiscard]] std::string signature_of(std::string_view envelope);
    [[nodiscard]] Task<> use_token();

    Marketplace& marketplace_;
    World& world_;
    DirectDatabases databases_;
    std::shared_ptr<Process> process_;
    ProcessClock clock_;
    runtime::SeededRandom random_;
    runtime::Executor executor_;
    std::string user_;  // empty: the server itself
    std::unique_ptr<bus::NatsConnection> connection_;
    security::SigningKey key_;
    std::vector<std::string> accepted_tokens_;
};

}  // namespace stagedoor::simulation
