// Read-your-writes across services: lets a request wait briefly for the effect of an event that another
// service has just published.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "common/runtime/async_event.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::bus {
class Bus;
struct Event;
}  // namespace stagedoor::bus

namespace stagedoor::messaging {

class ReadYourWrites {
    struct Watched {
        explicit Watched(runtime::Clock& clock) : applied(clock) {}
        runtime::AsyncEvent applied;
        std::set<std::string, std::less<>> types;  // of the events applied so far
    };
    using Watches = std::multimap<std::string, std::shared_ptr<Watched>>;

  public:
    // Each keeps a request open: about half of what a server takes (http::ServerOptions::requests_limit).
    static constexpr std::size_t max_watches = 1000;

    // Anybody can invent an unknown id, so one user and one network may have only this many requests waiting.
    // More than a browser sends at once.
    static constexpr std::size_t max_waits_of_user = 8, max_waits_of_network = 64;

    // `limited`: whether these two limits apply.
    explicit ReadYourWrites(runtime::Clock& clock, bool limited = true) : clock_(clock), limited_(limited) {}

    // From now on, the replicas of the service exchange hints about the events they have applied. To be
    // called before the bus starts.
    void share(bus::Bus& bus, const std::string& service);

    // To be called when the effects of the events have been committed here. Any thread.
    void events_applied(std::span<const bus::Event> events);

    // True if the events of `id` may not have arrived yet: it is a UUIDv7 created within the last 10 s.
    [[nodiscard]] bool may_be_in_flight(const std::string& id) const;

    // Watches the events of one entity that are applied while it lives, here or at another replica.
    class Watch {
      public:
        // Throws Unavailable if there are too many.
        Watch(ReadYourWrites& events, std::string entity_id);
        ~Watch();
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

        // Whether an event of this type has been applied. False proves nothing, since hints may be lost.
        [[nodiscard]] bool has_seen(std::string_view type) const;
        // Waits for the next event. False if none came in time.
        [[nodiscard]] Task<bool> wait_until(runtime::Timeout timeout);

      private:
        ReadYourWrites& events_;
        Watches::iterator watch_;
    };

    // Whose request waits.
    struct Caller {
        std::string user, network;
    };

    // One of the requests that wait for an unknown id, while it lives.
    class WaitSlot {
      public:
        // Throws Unavailable if the caller has too many.
        WaitSlot(ReadYourWrites& events, Caller caller);
        ~WaitSlot();
        WaitSlot(const WaitSlot&) = delete;
        WaitSlot& operator=(const WaitSlot&) = delete;

      private:
        ReadYourWrites& events_;
        Caller caller_;
    };

    // How long to wait on a Watch before reading the database, in case a hint was lost. Double it each time:
    // when all are late, more reads would not help.
    static constexpr std::chrono::milliseconds first_poll_interval{100};

    // Waits until `known()` returns true, for at most 2 s, and returns its last result. Calls it again after
    // each event of `id`, and in such intervals. Throws Unavailable if there are too many watches, or too
    // many requests of this caller wait.
    [[nodiscard]] Task<bool> wait_until_known(std::string id, Caller caller,
                                              std::function<Task<bool>()> known);

  private:
    void notify(const std::string& id, const std::string& type);

    runtime::Clock& clock_;
    bool limited_;
    bus::Bus* bus_ = nullptr;  // to the other replicas; null: not shared
    std::string topic_;
    mutable std::mutex mutex_;
    Watches watches_;
    std::map<std::string, std::size_t> users_, networks_;  // how many requests of each wait
};

}  // namespace stagedoor::messaging
