// What the system knows of this process, under the names that Prometheus' own client libraries use, and which version of
// Stagedoor it is.
#pragma once

#include <mutex>

#include "common/runtime/metrics.hpp"

namespace stagedoor::runtime {

class ProcessMetrics {
  public:
    explicit ProcessMetrics(Metrics& metrics);

    // Looks anew; before the metrics are read. Any thread.
    void update();

  private:
    Counter cpu_seconds_;
    Gauge resident_bytes_, virtual_bytes_, open_files_, most_files_, start_time_;
    std::mutex mutex_;
    double cpu_seconds_told_ = 0;
};

}  // namespace stagedoor::runtime
