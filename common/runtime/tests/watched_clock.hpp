// A manual clock that counts the alarms set, so that a test can wait until a task waits for the clock.
#pragma once

#include <atomic>

#include "common/runtime/clock.hpp"

namespace stagedoor::runtime::testing {

class WatchedClock final : public Clock {
  public:
    explicit WatchedClock(Instant start = Instant{1'767'225'600'000}) : clock_(start) {}

    [[nodiscard]] Instant now() const override { return clock_.now() - set_back_by_.load(); }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return clock_.monotonic(); }
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override {
        return count(clock_.at(when + set_back_by_.load(), std::move(ring)));
    }
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override {
        return count(clock_.at_monotonic(when, std::move(ring)));
    }
    void advance(std::chrono::milliseconds step) { clock_.advance(step); }
    // Sets the system time back: the monotonic clock and the length of alarms don't change.
    void set_back(std::chrono::milliseconds by) { set_back_by_ = by; }

    // How many alarms have been set in total.
    [[nodiscard]] int alarms() const { return alarms_; }
    void wait_for_alarms(int count) const {
        for (auto seen = alarms_.load(); seen < count; seen = alarms_.load()) alarms_.wait(seen);
    }

  private:
    Alarm count(Alarm alarm) {
        ++alarms_;
        alarms_.notify_all();
        return alarm;
    }

    ManualClock clock_;
    std::atomic<int> alarms_ = 0;
    std::atomic<std::chrono::milliseconds> set_back_by_{};
};

}  // namespace stagedoor::runtime::testing
