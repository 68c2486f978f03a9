// The network between the machines of a world: it adds delay, can be slow, and can be cut between any two
// machines.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class Network {
  public:
    explicit Network(World& world) : world_(world) {}

    // Both lie between customers and the marketplace's machines.
    static constexpr const char *gateway = "gateway", *internet = "internet";

    void cut(const std::string& a, const std::string& b) { cuts_.insert(std::minmax(a, b)); }
    void heal(const std::string& a, const std::string& b) { cuts_.erase(std::minmax(a, b)); }
    void heal_all() {
        cuts_.clear();
        slow_.clear();
    }
    [[nodiscard]] bool reaches(const std::string& a, const std::string& b) const {
        return !cuts_.contains(std::minmax(a, b));
    }

    // Messages from and to this machine take a hundred times as long.
    void slow_down(const std::string& machine) { slow_.insert(machine); }
    void restore_speed(const std::string& machine) { slow_.erase(machine); }
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
