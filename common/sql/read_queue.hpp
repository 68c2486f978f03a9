// The reads that wait for a reader of a driver, in two lanes (see read_limit.hpp).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/sql/bounded_queue.hpp"
#include "common/sql/health.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/read_limit.hpp"

namespace stagedoor::sql {

struct PendingRead {
    PendingTransaction transaction;
    std::chrono::milliseconds timeout;
    std::chrono::nanoseconds queued_at{};  // in its lane
};

// The number of threads for each lane: `readers`, or one per core, at least 2 and at most `max`.
[[nodiscard]] int quick_readers(int readers, int max);
[[nodiscard]] inline int slow_readers(int quick) { return std::max(1, quick / 2); }

// Any thread.
class ReadQueue {
  public:
    // At most `limit` reads may wait. One that takes longer than `quick_time` counts as slow. `clock` may be
    // empty: the machine's. `metrics` may be null.
    ReadQueue(std::size_t limit, std::chrono::milliseconds quick_time, std::string database, ReadClock clock,
              const DatabaseMetrics* metrics);

    // The error for the caller of a read that is not accepted.
    [[nodiscard]] std::exception_ptr push(PendingTransaction& transaction, std::chrono::milliseconds timeout);

    // Runs and completes reads of one lane until close(). `run` runs one within the limit and sets its error.
    using Run = std::function<void(PendingTransaction&, ReadLimit&)>;
    void serve(ReadLane lane, const Run& run);

    // Accepts no more reads; those already queued are still run.
    void close();

  private:
    using Queue = BoundedQueue<PendingRead>;
    [[nodiscard]] std::optional<PendingRead> take(Queue& queue);
    void run_quick(PendingRead read, const Run& run);
    void run_slow(PendingRead read, const Run& run);
    void stop(PendingRead read, const std::string& statement);
    void count(double change) const;

    const std::chrono::milliseconds quick_time_;
    const std::string database_;
    const ReadClock now_;
    const DatabaseMetrics* metrics_;
    Queue quick_, slow_;
    SlowStatements slow_statements_;
    std::mutex mutex_;
    std::optional<std::chrono::nanoseconds> logged_at_;
};

}  // namespace stagedoor::sql
