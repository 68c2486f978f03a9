#include "common/runtime/task_group.hpp"

#include <utility>

namespace stagedoor::runtime {

void TaskGroup::spawn(const Executor& executor, std::string name, std::function<Task<>()> task) {
    ++running_;
    runtime::spawn(executor, std::move(name), [this, task = std::move(task)]() -> Task<> {
        return [](TaskGroup* group, std::function<Task<>()> run) -> Task<> {
            co_await run();
            auto ended = group->ended_;  // a copy: the group may be destroyed as soon as no task is running
            if (--group->running_ == 0) ended.notify();
        }(this, task);
    });
}

Task<bool> TaskGroup::wait_until(Timeout timeout) {
    while (running_ > 0 && !timeout.is_over()) (void)co_await ended_.wait_until(timeout);
    co_return running_ == 0;
}

Task<> TaskGroup::wait() {
    while (running_ > 0) (void)co_await ended_.wait_for(std::chrono::hours{1});
}

}  // namespace stagedoor::runtime
