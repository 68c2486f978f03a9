// Lets a service cache what it derives from another service's data: the version rises whenever those data
// change, in whichever process. A derived value is valid for one version.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace stagedoor {

// Counts the changes of one service's data that this process knows of. Any thread.
class DataVersion {
  public:
    struct Changes {
        std::vector<std::string> ids = {};  // of the things that have changed
        bool others = false;                // and of more than can be named
    };

    [[nodiscard]] std::uint64_t current() const { return changes_.load(); }
    // To be called after the commit: whoever reads the data later sees the change.
    void raise() { changes_.fetch_add(1); }

    // Calls `listener` after the version was raised. It must not block.
    void on_change(std::function<void(const Changes&)> listener) {
        std::lock_guard lock{mutex_};
        listeners_.push_back(std::move(listener));
    }
    void pass_on(const Changes& changes) const {
        std::lock_guard lock{mutex_};
        for (const auto& listener : listeners_) listener(changes);
    }
    [[nodiscard]] bool has_listeners() const {
        std::lock_guard lock{mutex_};
        return !listeners_.empty();
    }

  private:
    std::atomic<std::uint64_t> changes_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::function<void(const Changes&)>> listeners_;
};

// The host raises them. In the process that commits a change, its version is raised before anybody gets a
// response about it; elsewhere by a hint, which may be lost: whoever relies on a version also limits the age
// of what it keeps. Any thread.
class DataVersions {
  public:
    [[nodiscard]] std::shared_ptr<DataVersion> of(const std::string& service) {
        std::lock_guard lock{mutex_};
        auto& version = versions_[service];
        if (!version) version = std::make_shared<DataVersion>();
        return version;
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<DataVersion>> versions_;
};

}  // namespace stagedoor
