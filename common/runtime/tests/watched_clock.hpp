// A clock turned by hand that says when somebody has begun to wait on it: so a test need not guess.
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
        return counted(clock_.at(when + set_back_by_.load(), std::move(ring)));
    }
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override {
        return counted(clock_.at_monotonic(when, std::move(ring)));
    }
    void advance(std::chrono::milliseconds step) { clock_.advance(step); }
    // The time, as somebody sets it: alarms keep their length, and the monotonic clock goes on.
    void set_back(std::chrono::milliseconds by) { set_back_by_ = by; }

    [[nodiscard]] int alarms() const { return set_; }
    // Blocks until `count` alarms were set in all.
    void wait_for_alarms(int count) const {
        for (auto now = set_.load(); now < count; now = set_.load()) set_.wait(now);
    }

  private:
    Alarm counted(Alarm alarm) {
        ++set_;
        set_.notify_all();
        return alarm;
    }

    ManualClock clock_;
    std::atomic<int> set_ = 0;
    std::atomic<std::chrono::milliseconds> set_back_by_{};
};

}  // namespace stagedoor::runtime::testing
