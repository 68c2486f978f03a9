// The payment provider as a replica of payments reaches it: the built-in test provider, with faults.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/service/service.hpp"
#include "services/payments/providers/provider.hpp"
#include "simulation/faults/fault_injector.hpp"
#include "simulation/world/network.hpp"

namespace stagedoor::simulation {

inline constexpr const char* provider_machine = "provider";

// What all replicas of payments share with the provider.
struct ProviderState {
    std::set<PaymentId> without_response;  // charged, but payments has no response yet
    std::map<PaymentId, Duration> delayed_until;
    Duration last_arrival{};  // when all delayed charges have arrived
};

// One replica's link to the provider.
struct ProviderLink {
    World& world;
    std::string machine;
    Network& network;
    FaultInjector& faults;
    ProviderState& state;
};

// It can be slow, or fail to respond before or after it has acted; a charge can reach it after the hold has
// expired. Webhooks (webhooks.hpp) are accepted only with its signature.
[[nodiscard]] std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, ProviderLink link);

}  // namespace stagedoor::simulation
