// Lets a coroutine wait for a notification or for the clock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::runtime {

// An auto-reset event: notify() sets it, and a wait returns once it is set and resets it. Any number of
// notifications while nobody waits end one wait. Any thread may notify; only one coroutine at a time may
// wait. Copies share their state.
class AsyncEvent {
  public:
    explicit AsyncEvent(Clock& clock);

    void notify();

    // Returns true once notified, false at the deadline. A notification counts even if the deadline has
    // passed.
    [[nodiscard]] Task<bool> wait_until(Instant deadline);
    [[nodiscard]] Task<bool> wait_until(Timeout timeout);
    [[nodiscard]] Task<bool> wait_for(std::chrono::milliseconds timeout);

  private:
    struct State;
    using SetAlarm = std::function<Clock::Alarm(std::function<void()> ring)>;
    [[nodiscard]] Task<bool> wait(SetAlarm set_alarm);

    Clock& clock_;
    std::shared_ptr<State> state_;
};

// Sleeps by the monotonic clock. A loop that must also react to a stop waits on an AsyncEvent instead.
[[nodiscard]] Task<> sleep_for(Clock& clock, std::chrono::milliseconds duration);

}  // namespace stagedoor::runtime
