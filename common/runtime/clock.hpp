// Time as a parameter: the system's, or one that a test or the simulator turns by hand.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "contracts/instant.hpp"

namespace stagedoor::runtime {

// All members may be called from any thread.
class Clock {
  public:
    virtual ~Clock() = default;

    [[nodiscard]] virtual Instant now() const = 0;
    // For durations only: never goes back, no known start.
    [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;

    // Calls `ring` once, when now() has reached `when`, on a thread of the clock's own choosing: it must only
    // post. Dropping the returned alarm takes the call back, unless it is already under way.
    using Alarm = std::shared_ptr<void>;
    [[nodiscard]] virtual Alarm at(Instant when, std::function<void()> ring) = 0;
    // The same by monotonic().
    [[nodiscard]] virtual Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) = 0;
};

// How long something may take. By the monotonic clock: that the time is set meanwhile changes nothing.
class Timeout {
  public:
    Timeout(const Clock& clock, std::chrono::milliseconds limit)
        : clock_(&clock), end_(clock.monotonic() + limit) {}

    [[nodiscard]] bool is_over() const { return clock_->monotonic() >= end_; }
    [[nodiscard]] std::chrono::nanoseconds end() const { return end_; }
    // Whether it ends earlier.
    [[nodiscard]] bool operator<(const Timeout& other) const { return end_ < other.end_; }

  private:
    const Clock* clock_;
    std::chrono::nanoseconds end_;
};

// The machine's clock; alarms ring on `executor`.
[[nodiscard]] std::unique_ptr<Clock> make_system_clock(boost::asio::any_io_executor executor);

// Stands still until it is told to go on.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Instant start = Instant{1'767'225'600'000}) : now_(start) {}  // 2026-01-01

    [[nodiscard]] Instant now() const override;
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override;
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override;
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override;

    // Goes on by `step`, ringing every alarm on the way in the order of their times.
    void advance(std::chrono::milliseconds step);

  private:
    struct Pending;
    mutable std::mutex mutex_;
    Instant now_;
    std::multimap<Instant, std::weak_ptr<Pending>> pending_;
};

}  // namespace stagedoor::runtime
