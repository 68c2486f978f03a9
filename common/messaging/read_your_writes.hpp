// Read your own writes across services: lets a request wait a moment for what another service has just made.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/runtime/async_event.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::messaging {

class ReadYourWrites {
  public:
    explicit ReadYourWrites(runtime::Clock& clock) : clock_(clock) {}

    // An event about the entity `id` has been committed here. Any thread.
    void arrived(const std::string& id);

    // True for an id that may still be on its way: a UUIDv7 made within the last 10 s.
    [[nodiscard]] bool may_be_in_flight(const std::string& id) const;

    // Waits until `known()` says true, asked again at each arrival and every 100 ms (another copy of the service may
    // have been brought the event), or for 2 s; the last answer. Throws Unavailable when 1000 requests wait already.
    [[nodiscard]] Task<bool> wait_until_known(std::string id, std::function<Task<bool>()> known);

  private:
    runtime::Clock& clock_;
    std::mutex mutex_;
    std::multimap<std::string, std::shared_ptr<runtime::AsyncEvent>> waiting_;
};

}  // namespace stagedoor::messaging
