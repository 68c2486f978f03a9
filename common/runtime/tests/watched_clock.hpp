// A clock turned by hand that says when somebody has begun to wait on it: so a test need not guess.
#pragma once

#include <atomic>

#include "common/runtime/clock.hpp"

namespace stagedoor::runtime::testing {

class WatchedClock final : public Clock {
  public:
    explicit WatchedClock(Instant start = Instant{1'767'225'600'000}) : clock_(start) {}

    [[nodiscard]] Instant now() const override { return clock_.now(); }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return clock_.monotonic(); }
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override {
        auto alarm = clock_.at(when, std::move(ring));
        ++set_;
        set_.notify_all();
        return alarm;
    }
    void advance(std::chrono::milliseconds step) { clock_.advance(step); }

    [[nodiscard]] int alarms() const { return set_; }
    // Blocks until `count` alarms were set in all.
    void wait_for_alarms(int count) const {
        for (auto now = set_.load(); now < count; now = set_.load()) set_.wait(now);
    }

  private:
    ManualClock clock_;
    std::atomic<int> set_ = 0;
};

}  // namespace stagedoor::runtime::testing
