// Delivers events to one service of a node directly, not through the bus between nodes.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/bus/node/recent_ids.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::bus {

// Committed events on their way to one subscriber. When it is full, further events are dropped: the bus
// between nodes brings them. Any thread.
class LocalQueue {
  public:
    LocalQueue(runtime::Clock& clock, runtime::Counter dropped) : dropped_(dropped), notified_(clock) {}

    void put(const Event& event);
    // Removes and returns at most `limit` events, oldest first. They count as pending until done() is called.
    [[nodiscard]] std::vector<Event> take(std::size_t limit);
    void done(const std::vector<std::string>& ids);
    // Drops all events; closed, it accepts no more.
    void clear();
    void close();

    [[nodiscard]] bool has_pending(const std::vector<std::string>& ids) const;
    // Until put() or close().
    [[nodiscard]] Task<bool> wait() { return notified_.wait_for(std::chrono::hours{1}); }

  private:
    mutable std::mutex mutex_;
    std::deque<Event> events_;
    std::unordered_set<std::string> pending_;  // ids of events that are queued or being delivered
    bool closed_ = false;
    runtime::Counter dropped_;
    runtime::AsyncEvent notified_;
};

// Is itself the subscriber of the bus between nodes, and passes on only what was not received before. run(),
// receive() and stop() belong to one single-threaded executor.
class LocalDelivery final : public Subscriber {
  public:
    LocalDelivery(Subscriber& subscriber, runtime::Clock& clock, runtime::Metrics& metrics);

    [[nodiscard]] const std::shared_ptr<LocalQueue>& queue() const { return queue_; }
    // Delivers what is put into the queue, until stop().
    [[nodiscard]] Task<> run();
    void stop();

    [[nodiscard]] const std::string& service() const override { return subscriber_.service(); }
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& subscriptions() const override {
        return subscriber_.subscriptions();
    }
    // Long, since most events from the bus between nodes have been received already.
    [[nodiscard]] std::chrono::milliseconds batch_interval() const override {
        return std::max(subscriber_.batch_interval(), std::chrono::milliseconds{100});
    }
    // Waits for events whose local delivery has yet to end, since two transactions would compete for the same
    // rows. If it failed, or this process has not published them, they go to the subscriber.
    [[nodiscard]] Task<> receive(std::vector<Event> events, std::optional<Position> position) override;
    [[nodiscard]] Task<std::int64_t> position(std::string source) override {
        return subscriber_.position(std::move(source));
    }

  private:
    [[nodiscard]] Task<bool> deliver(std::vector<Event> events);
    [[nodiscard]] Task<> wait_for_local(const std::vector<std::string>& ids);
    void drop_received(std::vector<Event>& events) const;
    void notify_waiting();

    Subscriber& subscriber_;
    runtime::Clock& clock_;
    runtime::Counter delivered_, failed_, known_;
    std::shared_ptr<LocalQueue> queue_;  // also held by those who put events into it
    RecentIds received_;                 // with their effects committed
    std::list<runtime::AsyncEvent> waiting_;
    runtime::AsyncEvent stopped_;  // notified by stop() only
    bool stopping_ = false;
};

}  // namespace stagedoor::bus
