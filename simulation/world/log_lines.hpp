// What services log, in the trace of their world.
#pragma once

#include <memory>

#include "simulation/world/world.hpp"

namespace spdlog {
class logger;
}

namespace stagedoor::simulation {

// As long as it lives. They say nothing that the trace's hash depends on.
class LogLines {
  public:
    explicit LogLines(World& world);
    ~LogLines();
    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;

  private:
    std::shared_ptr<spdlog::logger> before_;
};

}  // namespace stagedoor::simulation
