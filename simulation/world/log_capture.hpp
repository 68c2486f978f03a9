// Adds the services' log lines to the trace of their world.
#pragma once

#include <memory>

#include "simulation/world/world.hpp"

namespace spdlog {
class logger;
}

namespace stagedoor::simulation {

// Active while it exists. Log lines are not part of the trace's hash.
class LogCapture {
  public:
    explicit LogCapture(World& world);
    ~LogCapture();
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;

  private:
    std::shared_ptr<spdlog::logger> previous_;
};

}  // namespace stagedoor::simulation
