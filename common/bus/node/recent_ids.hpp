// A bounded set of the ids added last.
#pragma once

#include <deque>
#include <string>
#include <unordered_set>

namespace stagedoor::bus {

class RecentIds {
  public:
    explicit RecentIds(std::size_t limit) : limit_(limit) {}

    void add(std::string id) {
        auto [added, is_new] = ids_.insert(std::move(id));
        if (!is_new) return;
        by_age_.push_back(&*added);  // elements of a set stay where they are
        if (by_age_.size() <= limit_) return;
        ids_.erase(*by_age_.front());
        by_age_.pop_front();
    }
    [[nodiscard]] bool contains(const std::string& id) const { return ids_.contains(id); }

  private:
    std::size_t limit_;
    std::unordered_set<std::string> ids_;
    std::deque<const std::string*> by_age_;
};

}  // namespace stagedoor::bus
