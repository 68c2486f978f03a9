// Whether a database can currently be written to, and its metrics. Shared by all drivers.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::sql {

// Logs at most one failure per second.
class Health {
  public:
    Health(std::string name, runtime::Clock& clock) : name_(std::move(name)), clock_(clock) {}

    void record_write_failure(const std::string& reason);
    void record_write_success();
    // False if a write has just succeeded, and none has failed since.
    [[nodiscard]] bool must_try_to_write() const;
    void log_failure(const std::string& reason);

  private:
    const std::string name_;
    runtime::Clock& clock_;
    std::atomic<bool> last_write_failed_ = false;
    std::atomic<std::chrono::nanoseconds> wrote_at_ = std::chrono::nanoseconds::min();
    std::mutex mutex_;
    std::optional<std::chrono::nanoseconds> last_logged_at_;
};

struct DatabaseMetrics {
    runtime::Histogram group_size, commit_seconds;
    runtime::Gauge queue;
    runtime::Counter reads_timed_out;

    DatabaseMetrics(runtime::Metrics& metrics, const std::string& name);
};

struct ConnectionMetrics {
    runtime::Gauge open, busy;

    ConnectionMetrics(runtime::Metrics& metrics, const std::string& name);
    // Counts one connection as busy while the result lives.
    [[nodiscard]] std::shared_ptr<void> count_busy() const;
};

}  // namespace stagedoor::sql
