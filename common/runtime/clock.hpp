// Time as a parameter: the system clock, or one that a test or the simulator controls.
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
    // For durations only: never goes back; its start is arbitrary.
    [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;

    // Calls `ring` once, when now() has reached `when`, on any thread: it must only post. Destroying the
    // returned alarm cancels the call, unless it has already started.
    using Alarm = std::shared_ptr<void>;
    [[nodiscard]] virtual Alarm at(Instant when, std::function<void()> ring) = 0;
    // The same for monotonic().
    [[nodiscard]] virtual Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) = 0;
};

// How long something may take, by the monotonic clock: setting the system time has no effect on it.
class Timeout {
  public:
    Timeout(const Clock& clock, std::chrono::milliseconds limit)
        : clock_(&clock), end_(clock.monotonic() + limit) {}

    [[nodiscard]] bool is_over() const { return clock_->monotonic() >= end_; }
    [[nodiscard]] std::chrono::nanoseconds end() const { return end_; }
    // Ends earlier than `other`.
    [[nodiscard]] bool operator<(const Timeout& other) const { return end_ < other.end_; }

  private:
    const Clock* clock_;
    std::chrono::nanoseconds end_;
};

// The machine's clock; alarms ring on `executor`.
[[nodiscard]] std::unique_ptr<Clock> make_system_clock(boost::asio::any_io_executor executor);

// Stands still until advance() is called.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Instant start = Instant{1'767'225'600'000}) : now_(start) {}  // 2026-01-01

    [[nodiscard]] Instant now() const override;
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override;
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override;
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override;

    // Moves forward by `step` and rings the alarms due on the way, in order of their times.
    void advance(std::chrono::milliseconds step);

  private:
    struct Pending;
    mutable std::mutex mutex_;
    Instant now_;
    std::multimap<Instant, std::weak_ptr<Pending>> pending_;
};

}  // namespace stagedoor::runtime
