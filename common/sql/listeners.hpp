// Who is notified after the commits of a database.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <typeindex>

namespace stagedoor::sql {

// By channel, and by the type of a message. Any thread.
class Listeners {
  public:
    void add(std::string channel, std::function<void()> listener) {
        std::lock_guard lock{mutex_};
        by_channel_.emplace(std::move(channel), std::move(listener));
    }
    void notify(const std::string& channel) const {
        std::lock_guard lock{mutex_};
        auto [begin, end] = by_channel_.equal_range(channel);
        for (auto each = begin; each != end; ++each) each->second();
    }

    template <class M>
    void add_for(std::function<void(const M&)> listener) {
        std::lock_guard lock{mutex_};
        by_type_.emplace(typeid(M), [listener = std::move(listener)](const void* message) {
            listener(*static_cast<const M*>(message));
        });
        has_types_ = true;
    }
    template <class M>
    [[nodiscard]] bool has_for() const {
        if (!has_types_) return false;
        std::lock_guard lock{mutex_};
        return by_type_.contains(typeid(M));
    }
    template <class M>
    void notify_of(const M& message) const {
        std::lock_guard lock{mutex_};
        auto [begin, end] = by_type_.equal_range(typeid(M));
        for (auto each = begin; each != end; ++each) each->second(&message);
    }

  private:
    mutable std::mutex mutex_;
    std::multimap<std::string, std::function<void()>> by_channel_;
    std::multimap<std::type_index, std::function<void(const void*)>> by_type_;
    std::atomic<bool> has_types_ = false;
};

}  // namespace stagedoor::sql
