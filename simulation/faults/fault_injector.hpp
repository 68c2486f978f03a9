// What goes wrong in a world, how often, and how often it did.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Faults {
  public:
    explicit Faults(World& world) : world_(world) {}

    // Whether it goes wrong this time.
    [[nodiscard]] bool strikes(const std::string& kind, double probability) {
        if (!active_ || !world_.chance(probability)) return false;
        count(kind);
        return true;
    }
    void count(const std::string& kind) {
        ++injected_[kind];
        world_.note("fault", kind);
    }
    void set_active(bool active) { active_ = active; }
    [[nodiscard]] bool are_active() const { return active_; }
    [[nodiscard]] const std::map<std::string, std::int64_t>& injected() const { return injected_; }

  private:
    World& world_;
    bool active_ = false;
    std::map<std::string, std::int64_t> injected_;
};

}  // namespace stagedoor::simulation
