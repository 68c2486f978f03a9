// How one coroutine waits for another, or for the clock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::runtime {

// A flag that a loop waits on: told once or a hundred times while the loop was busy, it goes round once more.
// notify() may be called from any thread; only one coroutine at a time may wait. Copies are the same signal.
class AsyncEvent {
  public:
    explicit AsyncEvent(Clock& clock);

    void notify();

    // Ends when told, or at `deadline`; true when told. The flag is down again afterwards.
    [[nodiscard]] Task<bool> wait_until(Instant deadline);
    [[nodiscard]] Task<bool> wait_until(Timeout timeout);
    [[nodiscard]] Task<bool> wait_for(std::chrono::milliseconds limit);

  private:
    struct State;
    using SetAlarm = std::function<Clock::Alarm(std::function<void()> ring)>;
    [[nodiscard]] Task<bool> wait(SetAlarm set_alarm);

    Clock& clock_;
    std::shared_ptr<State> state_;
};

// Sleeps for so long, whatever the time is set to meanwhile; for loops that must also hear a stop, use a AsyncEvent.
[[nodiscard]] Task<> sleep_for(Clock& clock, std::chrono::milliseconds duration);

}  // namespace stagedoor::runtime
