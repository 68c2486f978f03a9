// The planned faults of a run: what breaks, when, where and for how long. All are drawn before the run
// begins, so that any of them can be left out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulation/faults/fault_kinds.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

struct PlannedFault {
    int number = 0;
    const FaultKind* kind = nullptr;
    Duration at{}, lasts{};
    std::string where, other;  // machines, or a database's name

    [[nodiscard]] std::string text() const;
};

// Each run has its own mixture: some kinds are frequent, others absent. `customers` are their machines.
[[nodiscard]] std::vector<PlannedFault> plan_faults(Marketplace& marketplace,
                                                    const std::vector<std::string>& customers, Duration from,
                                                    Duration until);

// Begins and ends these faults at their times. `before_each` is called with the kind's name just before one
// begins.
void schedule_faults(Marketplace& marketplace, const std::vector<PlannedFault>& plan,
                     const std::function<void(const std::string&)>& before_each);
// Ends every fault that is still in progress.
void end_all_faults(Marketplace& marketplace);

}  // namespace stagedoor::simulation
