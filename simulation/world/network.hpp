// What lies between the machines of a world: it takes its time, is slow at times, and can be cut between any two.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Network {
  public:
    explicit Network(World& world) : world_(world) {}

    // Between people and the marketplace's machines.
    static constexpr const char *gateway = "gateway", *internet = "internet";

    void cut(const std::string& a, const std::string& b) { cuts_.insert(std::minmax(a, b)); }
    void mend(const std::string& a, const std::string& b) { cuts_.erase(std::minmax(a, b)); }
    void mend_all() {
        cuts_.clear();
        slow_.clear();
    }
    [[nodiscard]] bool reaches(const std::string& a, const std::string& b) const {
        return !cuts_.contains(std::minmax(a, b));
    }

    // What comes from or goes to it takes a hundred times as long.
    void slow_down(const std::string& machine) { slow_.insert(machine); }
    void speed_up(const std::string& machine) { slow_.erase(machine); }
    [[nodiscard]] Duration delay(const std::string& from, const std::string& to) {
        auto delay = world_.between(Duration{100}, Duration{600});
        if (world_.chance(0.01)) delay *= 20;
        return slow_.contains(from) || slow_.contains(to) ? delay * 100 : delay;
    }

  private:
    World& world_;
    std::set<std::pair<std::string, std::string>> cuts_;
    std::set<std::string> slow_;
};

}  // namespace stagedoor::simulation
