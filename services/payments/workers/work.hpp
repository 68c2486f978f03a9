// Work in the background, a bounded number of tasks at once: some handed over, others found in rows that are due.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "common/service/service.hpp"

namespace stagedoor::payments {

class Work {
  public:
    // Must not throw.
    using Job = std::function<Task<>()>;

    Work(const ServiceDeps& deps, std::string name, int max_concurrent)
        : clock_(deps.clock),
          executor_(deps.executor),
          name_(std::move(name)),
          most_(max_concurrent),
          wake_(deps.clock) {}

    // To be done by this copy, soon. Any thread. Dropped when a thousand wait already: the row that it comes from has a
    // lease, and will be found when that is over.
    void hand_over(Job job);

    // A row will be due at that time. Any thread.
    void due_at(Instant time);

    // Runs until the end is requested; calls `close`, which ends what waits outside, and returns when nothing is under
    // way. `claim` takes at most so many rows that are due, starts them, and says when the next one will be.
    using Claim = std::function<Task<std::optional<Instant>>(int most)>;
    [[nodiscard]] Task<> run(StopSignal& stopping, Claim claim, std::function<void()> close);

    void start(Job job);

  private:
    [[nodiscard]] std::optional<Job> take_handed_over();
    void start_handed_over();
    [[nodiscard]] bool is_time_to_look() const;
    [[nodiscard]] Task<> look(const Claim& claim);
    [[nodiscard]] int room() const { return most_ - under_way_; }

    runtime::Clock& clock_;
    runtime::Executor executor_;
    const std::string name_;
    const int most_;
    runtime::AsyncEvent wake_;
    std::atomic<int> under_way_ = 0;
    std::atomic<std::int64_t> next_look_ = 0;  // milliseconds; at once when it begins: what a crash left
    std::mutex mutex_;
    std::deque<Job> handed_over_;
};

}  // namespace stagedoor::payments
