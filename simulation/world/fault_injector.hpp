// Decides when a small fault happens, such as a lost response, and counts all faults.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class FaultInjector {
  public:
    explicit FaultInjector(World& world) : world_(world) {}

    // True if the fault happens this time.
    [[nodiscard]] bool inject(const std::string& kind, double probability) {
        if (!active_ || !world_.chance(probability)) return false;
        count(kind);
        return true;
    }
    void count(const std::string& kind) {
        ++injected_[kind];
        world_.note("fault", kind);
    }
    void set_active(bool active) { active_ = active; }
    [[nodiscard]] bool is_active() const { return active_; }
    // How often, by kind.
    [[nodiscard]] const std::map<std::string, std::int64_t>& injected() const { return injected_; }

  private:
    World& world_;
    bool active_ = false;
    std::map<std::string, std::int64_t> injected_;
};

}  // namespace stagedoor::simulation
