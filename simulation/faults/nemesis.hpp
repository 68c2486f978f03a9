// The calamities of one history: what breaks, when, where and for how long. All are drawn before it begins, so that any of
// them can be left out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

enum class Fault {
    kill,               // a copy, at any moment
    kill_at_commit,     // a copy, between a commit and its answer
    restart,            // a copy, in good order
    power_cut,          // of a database's machine
    power_cut_at_sync,  // the same, between a write and its fsync
    disk_full,
    disk_fails_to_read,
    answers_lost,  // of commits that were done
    bus_killed,
    bus_loses_tail,
    bus_loses_all,
    bus_put_back,  // to an older copy
    partition,     // between a copy and something that it talks to
    person_cut_off,
    all_cut_off,  // all people
    slow_machine,
    stuck,  // a copy stands still
    clock_set,
    clock_set_far,  // by minutes
    mail_away,
};

struct PlannedFault {
    int number = 0;
    Fault what{};
    Duration at{}, lasts{};
    std::string where, other;  // machines

    [[nodiscard]] std::string text() const;
};

// Each history has its own mixture: some kinds often, others never. `people` are their machines.
[[nodiscard]] std::vector<PlannedFault> plan_faults(Marketplace& marketplace,
                                                    const std::vector<std::string>& people, Duration begin,
                                                    Duration end);

// Has them happen, and end. `strikes` is called with the name of each just before.
void bring_about(Marketplace& marketplace, const std::vector<PlannedFault>& plan,
                 const std::function<void(const std::string&)>& strikes);
// Ends what has not ended by itself.
void end_all(Marketplace& marketplace);

}  // namespace stagedoor::simulation
