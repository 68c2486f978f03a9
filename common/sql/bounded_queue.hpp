// What waits for a database thread: never more than a limit, and handed out as many at a time as the thread
// can use.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace stagedoor::sql {

enum class Push { taken, full, closed };

template <class T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

    // `item` is moved from only when it was taken.
    [[nodiscard]] Push push(T& item) {
        {
            std::lock_guard lock{mutex_};
            if (closed_) return Push::closed;
            if (items_.size() >= limit_) return Push::full;
            items_.push_back(std::move(item));
        }
        changed_.notify_one();
        return Push::taken;
    }

    // Waits until there is something, not for more: what is there, oldest first. Empty when closed and
    // drained.
    [[nodiscard]] std::vector<T> take(std::size_t most) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return closed_ || !items_.empty(); });
        std::vector<T> taken;
        auto count = std::min(most, items_.size());
        taken.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            taken.push_back(std::move(items_.front()));
            items_.pop_front();
        }
        return taken;
    }

    [[nodiscard]] bool is_empty() {
        std::lock_guard lock{mutex_};
        return items_.empty();
    }

    // What was taken on is still handed out.
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
