// Read-your-writes across services: lets a request wait briefly for an entity that another service has just
// created.
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

    // To be called when the effect of an event of the entity `id` has been committed here. Any thread.
    void event_applied(const std::string& id);

    // True if the events of `id` may not have arrived yet: it is a UUIDv7 created within the last 10 s.
    [[nodiscard]] bool may_be_in_flight(const std::string& id) const;

    // Waits until `known()` returns true, for at most 2 s, and returns its last result. Calls it again after
    // each event of `id` and every 100 ms, since another replica may have received the event. Throws
    // Unavailable if 1000 requests are already waiting.
    [[nodiscard]] Task<bool> wait_until_known(std::string id, std::function<Task<bool>()> known);

  private:
    runtime::Clock& clock_;
    std::mutex mutex_;
    std::multimap<std::string, std::shared_ptr<runtime::AsyncEvent>> waiting_;
};

}  // namespace stagedoor::messaging
