// A bounded queue in front of the database threads. A thread takes as many items at a time as it can use.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace stagedoor::sql {

enum class PushResult { accepted, full, closed };

template <class T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

    // Moves from `item` only if it is accepted.
    [[nodiscard]] PushResult push(T& item) {
        {
            std::lock_guard lock{mutex_};
            if (closed_) return PushResult::closed;
            if (items_.size() >= limit_) return PushResult::full;
            items_.push_back(std::move(item));
        }
        changed_.notify_one();
        return PushResult::accepted;
    }

    // Blocks until the queue has an item, then returns up to `max` items, oldest first, without waiting for
    // more. Returns none once the queue is closed and drained.
    [[nodiscard]] std::vector<T> take(std::size_t max) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return closed_ || !items_.empty(); });
        std::vector<T> batch;
        auto count = std::min(max, items_.size());
        batch.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            batch.push_back(std::move(items_.front()));
            items_.pop_front();
        }
        return batch;
    }

    [[nodiscard]] bool is_empty() {
        std::lock_guard lock{mutex_};
        return items_.empty();
    }

    // Accepts no more items; those already queued can still be taken.
    void close() {
        {
            std::lock_guard lock{mutex_};
            closed_ = true;
        }
        changed_.notify_all();
    }

  private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace stagedoor::sql
