// Metrics of this process, named as in Prometheus' client libraries, and the version of Stagedoor.
#pragma once

#include <mutex>

#include "common/runtime/metrics.hpp"

namespace stagedoor::runtime {

class ProcessMetrics {
  public:
    explicit ProcessMetrics(Metrics& metrics);

    // Reads the current values; call it before the metrics are read. Thread-safe.
    void update();

  private:
    Counter cpu_seconds_;
    Gauge resident_bytes_, virtual_bytes_, open_files_, max_files_, start_time_;
    std::mutex mutex_;
    double cpu_seconds_reported_ = 0;
};

}  // namespace stagedoor::runtime
