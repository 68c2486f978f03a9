// Background tasks that their owner waits for before it goes away.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "common/runtime/async_event.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::runtime {

class TaskGroup {
  public:
    explicit TaskGroup(Clock& clock) : ended_(clock) {}

    // Runs the task in the background, like runtime::spawn. Any thread.
    void spawn(const Executor& executor, std::string name, std::function<Task<>()> task);
    // Completes when no task is running; then the group may be destroyed. For one caller.
    [[nodiscard]] Task<> wait();
    // The same until the timeout. Whether no task is running.
    [[nodiscard]] Task<bool> wait_until(Timeout timeout);

  private:
    std::atomic<int> running_ = 0;
    AsyncEvent ended_;
};

}  // namespace stagedoor::runtime
