// Whether a database could be written lately, and what its threads count; alike for every driver.
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

// Complains to the log at most once a second.
class Health {
  public:
    Health(std::string name, runtime::Clock& clock) : name_(std::move(name)), clock_(clock) {}

    void writes_fail(const std::string& reason);
    void writes_work();
    [[nodiscard]] bool do_writes_fail() const { return writes_fail_; }
    void complain(const std::string& reason);

  private:
    const std::string name_;
    runtime::Clock& clock_;
    std::atomic<bool> writes_fail_ = false;
    std::mutex mutex_;
    std::optional<std::chrono::nanoseconds> last_complaint_;
};

struct Numbers {
    runtime::Histogram group_size, commit_seconds;
    runtime::Gauge queue;

    Numbers(runtime::Metrics& metrics, const std::string& name);
};

// Of the connections of a database.
struct PoolNumbers {
    runtime::Gauge open, busy;

    PoolNumbers(runtime::Metrics& metrics, const std::string& name);
    // Counts one as busy as long as the result lives.
    [[nodiscard]] std::shared_ptr<void> count_busy() const;
};

}  // namespace stagedoor::sql
