#include "common/sql/read_queue.hpp"

#include <algorithm>
#include <thread>

#include "common/errors.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::sql {
namespace {

// Slow reads that wait for a reader. More are rejected at once: they would wait for too long anyway.
constexpr std::size_t max_slow = 64;
// A slow read that has waited for longer is not started: its caller will hardly wait for it to end.
constexpr std::chrono::seconds max_slow_wait{1};
constexpr std::chrono::seconds log_interval{1}, retry_after{5};

std::chrono::nanoseconds machine_time() { return std::chrono::steady_clock::now().time_since_epoch(); }

std::exception_ptr too_slow() {
    return std::make_exception_ptr(
        Unavailable("This takes too long right now. Please try again later"_text, retry_after));
}

}  // namespace

int quick_readers(int readers, int max) {
    if (readers > 0) return readers;
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2, max);
}

ReadQueue::ReadQueue(std::size_t limit, std::chrono::milliseconds quick_time, std::string database,
                     ReadClock clock, const DatabaseMetrics* metrics)
    : quick_time_(quick_time),
      database_(std::move(database)),
      now_(clock ? std::move(clock) : ReadClock{machine_time}),
      metrics_(metrics),
      quick_(limit),
      slow_(max_slow) {}

void ReadQueue::count(double change) const {
    if (metrics_) metrics_->queue.add(change);
}

std::exception_ptr ReadQueue::push(PendingTransaction& transaction, std::chrono::milliseconds timeout) {
    PendingRead read{std::move(transaction), timeout, now_()};
    count(1);
    auto rejection = rejection_of(quick_.push(read));
    if (!rejection) return nullptr;
    count(-1);
    transaction = std::move(read.transaction);
    return rejection;
}

std::optional<PendingRead> ReadQueue::take(Queue& queue) {
    auto one = queue.take(1);
    if (one.empty()) return std::nullopt;
    count(-1);
    return std::move(one.front());
}

void ReadQueue::serve(ReadLane lane, const Run& run) {
    auto& queue = lane == ReadLane::quick ? quick_ : slow_;
    while (auto read = take(queue)) {
        if (lane == ReadLane::quick)
            run_quick(std::move(*read), run);
        else
            run_slow(std::move(*read), run);
    }
}

void ReadQueue::run_quick(PendingRead read, const Run& run) {
    ReadLimit limit{slow_statements_, now_, ReadLane::quick, std::min(quick_time_, read.timeout)};
    run(read.transaction, limit);
    if (!limit.was_exceeded()) return complete(read.transaction, database_);
    read.transaction.error = nullptr;
    read.transaction.actions.clear();
    read.queued_at = now_();
    count(1);
    if (slow_.push(read) == PushResult::accepted) return;
    count(-1);
    stop(std::move(read), limit.slowest_statement());
}

void ReadQueue::run_slow(PendingRead read, const Run& run) {
    if (now_() - read.queued_at > max_slow_wait)
        return stop(std::move(read), "(not started: other slow reads took too long)");
    ReadLimit limit{slow_statements_, now_, ReadLane::slow, read.timeout};
    run(read.transaction, limit);
    limit.end();
    if (limit.elapsed() >= quick_time_)
        slow_statements_.add(limit.slowest_statement(), now_());
    else
        slow_statements_.remove(limit.slowest_statement());
    if (limit.was_exceeded()) return stop(std::move(read), limit.slowest_statement());
    complete(read.transaction, database_);
}

void ReadQueue::stop(PendingRead read, const std::string& statement) {
    if (metrics_) metrics_->reads_timed_out.add();
    auto now = now_();
    {
        std::lock_guard lock{mutex_};
        if (!logged_at_ || now - *logged_at_ >= log_interval) {
            logged_at_ = now;
            log::warning("a read takes too long and was stopped",
                         {{"database", database_}, {"statement", statement}});
        }
    }
    read.transaction.error = too_slow();
    complete(read.transaction, database_);
}

void ReadQueue::close() {
    quick_.close();
    slow_.close();
}

}  // namespace stagedoor::sql
