// The payment provider as a replica of payments reaches it: the built-in test provider, with faults.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/service/service.hpp"
#include "services/payments/providers/provider.hpp"
#include "simulation/world/fault_injector.hpp"
#include "simulation/world/network.hpp"

namespace stagedoor::simulation {

inline constexpr const char* provider_machine = "provider";

// What all replicas of payments share with the provider.
struct ProviderState {
    std::set<PaymentId> without_response;  // charged, but payments has no response yet
    std::map<PaymentId, Duration> delayed_until;
    Duration last_arrival{};  // when all delayed charges have arrived
};

// What the provider allows one account.
struct ProviderAccount {
    Duration request_time{};  // between two requests; the next ones wait
    Duration free_at{};

    // Reserves the next slot; returns the wait until then.
    [[nodiscard]] Duration take_turn(Duration now) {
        auto turn = std::max(free_at, now);
        free_at = turn + request_time;
        return turn - now;
    }
};

// One replica's link to the provider.
struct ProviderLink {
    World& world;
    std::string machine;
    Network& network;
    FaultInjector& faults;
    ProviderState& state;
    ProviderAccount* account = nullptr;  // null: it allows any number of requests
};

// It can be slow, or fail to respond before or after it has acted; a charge can reach it after the hold has
// expired. Webhooks (webhooks.hpp) are accepted only with its signature.
[[nodiscard]] std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, ProviderLink link);

}  // namespace stagedoor::simulation
