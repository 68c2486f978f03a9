// The newest PNGs of posters, which take a process to make.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace stagedoor::client::poster {

// Any thread.
class Previews {
  public:
    using Png = std::shared_ptr<const std::string>;

    // nullptr: not among the newest.
    [[nodiscard]] Png find(const std::string& key) const {
        std::lock_guard lock{mutex_};
        auto found = std::ranges::find(newest_, key, &std::pair<std::string, Png>::first);
        return found == newest_.end() ? nullptr : found->second;
    }
    void add(std::string key, Png png) {
        std::lock_guard lock{mutex_};
        newest_.emplace_front(std::move(key), std::move(png));
        if (newest_.size() > max_previews) newest_.pop_back();
    }

  private:
    static constexpr std::size_t max_previews = 64;  // of some 50 KB
    mutable std::mutex mutex_;
    std::deque<std::pair<std::string, Png>> newest_;
};

}  // namespace stagedoor::client::poster
