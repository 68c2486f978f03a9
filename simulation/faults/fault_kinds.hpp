// The kinds of planned faults: what each breaks, for how long, and how it ends.
#pragma once

#include <span>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

struct PlannedFault;

struct FaultKind {
    enum class Target { replica, database, bus, pair, customer, none };
    using Step = void (*)(Marketplace&, const PlannedFault&);

    const char* name;
    Target target;
    Duration min, max;  // how long it lasts
    Step begin, end;
};

// In a fixed order: plans draw from it by the seed.
[[nodiscard]] std::span<const FaultKind> fault_kinds();

inline constexpr const char* large_clock_skew = "clock off by minutes";

}  // namespace stagedoor::simulation
