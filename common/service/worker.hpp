// Background workers of a service: a poll loop, and a bounded pool of leased jobs on top of it.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime/async_event.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor {

// Signals background work that the program is stopping. Any thread.
class StopSignal {
  public:
    [[nodiscard]] bool requested() const { return requested_; }
    void request();
    // Calls `wake` when the stop is requested, or at once if it already was. `wake` must not block.
    void on_request(std::function<void()> wake);

  private:
    std::mutex mutex_;
    std::atomic<bool> requested_ = false;
    std::vector<std::function<void()>> wakes_;
};

struct PollOptions {
    std::string name;  // for the log: "orders: cancelled listings"
    // Between two steps when nothing wakes it: how late it may notice work without a notification.
    std::chrono::milliseconds max_interval{10'000};
    // After steps that throw, the delay is 1 s, 2 s, 4 s …, at most this.
    std::chrono::milliseconds max_retry_delay{1'000};
};

// Runs a step again and again: when it is woken, at the time that the last step returned, or after
// `max_interval`. A step that throws is logged and retried.
class PollLoop {
  public:
    // Returns when to run the next step at the latest; nullopt: after `max_interval`.
    using Step = std::function<Task<std::optional<Instant>>()>;

    PollLoop(runtime::Clock& clock, PollOptions options);

    [[nodiscard]] const std::string& name() const { return options_.name; }

    // Runs a step soon; if one is in progress, another one after it. Any thread.
    void wake() { wake_.notify(); }
    // The event behind wake(), for callers that may outlive the loop.
    [[nodiscard]] runtime::AsyncEvent wake_event() const { return wake_; }
    // Runs until `stop` is requested; a step in progress is finished.
    [[nodiscard]] Task<> run(StopSignal& stop, Step step);

    // For steps: whether to finish early, and a pause that ends early when a stop is requested.
    [[nodiscard]] bool stop_requested() const {
        const auto* stop = stop_.load();
        return stop && stop->requested();
    }
    [[nodiscard]] Task<> pause(std::chrono::milliseconds duration);

  private:
    [[nodiscard]] Task<Instant> run_step(const Step& step);

    runtime::Clock& clock_;
    const PollOptions options_;
    runtime::AsyncEvent wake_, resume_;
    std::atomic<const StopSignal*> stop_ = nullptr;
    std::int64_t failures_ = 0;
};

// Runs jobs in the background, a bounded number at once: some handed over by this process, others claimed
// from rows whose lease has expired. Of several replicas, only the one that holds a row's lease works on it.
class LeaseWorker {
  public:
    // Must not throw.
    using Job = std::function<Task<>()>;
    // Claims at most `max_jobs` due rows, start()s them, and returns when the next one is due.
    using Claim = std::function<Task<std::optional<Instant>>(int max_jobs)>;

    LeaseWorker(runtime::Clock& clock, runtime::Executor executor, std::string name, int max_concurrent);

    [[nodiscard]] const std::string& name() const { return name_; }

    // Runs `job` in this process, soon. Any thread. Dropped when 1000 are waiting: the row it comes from has
    // a lease and is claimed again when that expires.
    void hand_over(Job job);
    // Announces a row that becomes due. Any thread.
    void due_at(Instant time);
    // Starts a job at once; for Claim.
    void start(Job job);

    // For jobs: whether to finish early.
    [[nodiscard]] bool stop_requested() const { return loop_.stop_requested(); }

    // Runs until `stop` is requested, and completes when no job is left: those handed over are run, too.
    [[nodiscard]] Task<> run(StopSignal& stop, Claim claim);

  private:
    [[nodiscard]] std::optional<Job> next_handed_over();
    [[nodiscard]] Task<std::optional<Instant>> step(const Claim& claim);
    void start_handed_over();
    [[nodiscard]] Task<> claim_due(const Claim& claim);
    [[nodiscard]] bool is_claim_due() const;
    [[nodiscard]] int free_slots() const { return max_concurrent_ - running_; }

    runtime::Clock& clock_;
    runtime::Executor executor_;
    const std::string name_;
    const int max_concurrent_;
    PollLoop loop_;
    runtime::AsyncEvent job_ended_;
    std::atomic<int> running_ = 0;
    std::atomic<std::int64_t> next_claim_ = 0;  // in milliseconds; 0: at once, for rows that a crash left
    std::mutex mutex_;
    std::deque<Job> handed_over_;
};

}  // namespace stagedoor
