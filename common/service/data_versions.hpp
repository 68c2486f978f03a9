// Tells a service that the data of another one have changed, wherever that runs. What it has made of them
// for a version is valid until the next one.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace stagedoor {

// Counts the changes of one service's data that this process knows of. Any thread.
class DataVersion {
  public:
    [[nodiscard]] std::uint64_t current() const { return changes_.load(); }
    // To be called after the commit: whoever reads the data later sees the change.
    void raise() { changes_.fetch_add(1); }

  private:
    std::atomic<std::uint64_t> changes_ = 0;
};

// The program raises them. In the process that commits a change, its version is raised before anybody gets a
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
