// The interface of a bus: it delivers events from the outbox of the service that publishes them to the
// inboxes of the subscribers, at least once, and the events of one entity in order where it can. The inbox
// drops duplicates and restores the order.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/bus/event.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::bus {

// Everything that one service has published, in order: its outbox.
class Log {
  public:
    virtual ~Log() = default;
    [[nodiscard]] virtual const std::string& service() const = 0;

    struct Entry {
        std::int64_t position = 0;
        Event event;
        bool operator==(const Entry&) const = default;
    };
    // At most `limit` entries after `position`, oldest first.
    [[nodiscard]] virtual Task<std::vector<Entry>> read_after(std::int64_t position, int limit) = 0;
    // Calls `callback`, on any thread, whenever there may be new entries. It must not block.
    virtual void on_new(std::function<void()> callback) = 0;
    // Calls `callback`, on any thread, with each event that this process has published, after its commit. It
    // must not block. What other replicas publish is not among them.
    virtual void on_published(std::function<void(const Event&)> callback) = 0;
    // The entries after `position`, counted up to 10,000.
    struct Lag {
        std::int64_t events = 0;
        std::map<std::string, std::int64_t> by_entity;
        std::optional<Instant> oldest;
    };
    [[nodiscard]] virtual Task<Lag> lag_after(std::int64_t position) = 0;

    // ---- For a bus that stores events itself. Any number of replicas of the service publish to it
    // concurrently, each the events that it has claimed. An unpublished event can be claimed again when its
    // lease ends. Within a process, only one task may call these functions.

    // The result of publishing the batch claimed last: positions by outcome.
    struct PublishResult {
        std::vector<std::int64_t> published;  // stored by the bus
        std::vector<std::int64_t> failed;     // not stored: released at once
        std::vector<std::int64_t> too_large;  // rejected by the bus: released after a minute
        std::int64_t generation = 0;          // of the stream that stored them
        std::int64_t last_sequence = 0;       // the highest sequence it assigned to one of them
        [[nodiscard]] bool empty() const { return published.empty() && failed.empty() && too_large.empty(); }
    };
    // Records `last` and claims at most `limit` events for `lease`, in one transaction: first those never
    // published, then those to publish again. Of the latter the most recently published come first, since
    // subscribers may lack them, and those that have moved to segments last; but segments that no stream has
    // ever had come before everything else. The result is ordered by position.
    [[nodiscard]] virtual Task<std::vector<Entry>> claim(PublishResult last, int limit,
                                                         std::chrono::milliseconds lease) = 0;

    // The bus's stream as the log knows it: its identity and a lower bound of its last sequence.
    struct Stream {
        std::string created;  // its time of creation, as the bus writes it
        std::int64_t last_sequence = 0;
        std::int64_t generation = 0;  // counts new streams; a stream that lost events counts as new
        bool operator==(const Stream&) const = default;
    };
    [[nodiscard]] virtual Task<Stream> known_stream() = 0;
    // To be called if the stream in `found` is not the one in `known`, or has lost events: everything will be
    // published again. Returns what is known now; of several replicas that notice, one begins the next
    // generation.
    [[nodiscard]] virtual Task<Stream> begin_stream(Stream known, Stream found) = 0;
    // Makes this replica publish again what was published from `time` until `now`.
    virtual void republish_since(Instant time, Instant now) = 0;

    // The unpublished events, counted up to 10,000.
    struct Backlog {
        std::int64_t events = 0;
        std::optional<Instant> oldest;
    };
    [[nodiscard]] virtual Task<Backlog> backlog() = 0;
};

// How much of a service's log a subscriber has received.
struct Position {
    std::string source;
    std::int64_t value = 0;
};

// A service that receives events: its inbox.
class Subscriber {
  public:
    virtual ~Subscriber() = default;
    [[nodiscard]] virtual const std::string& service() const = 0;
    // The entities it subscribes to, by the service that publishes them. A subscriber to an entity receives
    // all its events.
    [[nodiscard]] virtual const std::map<std::string, std::set<std::string>>& subscriptions() const = 0;

    // How long to wait after a delivery, so that more events share a commit. Zero if the latency of its
    // handlers matters.
    [[nodiscard]] virtual std::chrono::milliseconds batch_interval() const { return {}; }

    // When it completes, the effects of the events and `position` are durable, and the events may be
    // acknowledged. If it throws, the bus delivers them again.
    [[nodiscard]] virtual Task<> receive(std::vector<Event> events, std::optional<Position> position) = 0;
    // The last position received for `source`; 0 at first.
    [[nodiscard]] virtual Task<std::int64_t> position(std::string source) = 0;
};

class Bus {
  public:
    virtual ~Bus() = default;

    // Publishes the events in `log`, and delivers to `subscriber` what it subscribes to. Both are called
    // before start(), and both arguments must exist until stop() has returned.
    virtual void publish_from(Log& log) = 0;
    virtual void deliver_to(Subscriber& subscriber) = 0;

    virtual void start(const runtime::Executor& executor) = 0;
    // Ends deliveries: those in progress are finished or repeated later. Completes when none is left.
    [[nodiscard]] virtual Task<> stop() = 0;

    // False while events from other services can't arrive. Any thread.
    [[nodiscard]] virtual bool connected() const = 0;
    // False while events from other services may be late: the bus is down, or was down so recently that the
    // events of a dead replica may not be redelivered yet. Until then, unknown ids get 503, not 404.
    // Any thread.
    [[nodiscard]] virtual bool is_caught_up() const { return connected(); }

    // Hints notify the other replicas of a service, and services that follow it, that something has been
    // committed, at once and at most once: nothing stores them, and they are lost while the bus is down. A
    // hint may be lost, so poll as well. `topic` begins with the name of the service that sends it. A bus
    // within one process has no other replicas to notify: there carries_hints() is false, and callers need
    // not build hints.
    [[nodiscard]] virtual bool carries_hints() const { return false; }
    // `receive` is called on the bus's executor, also for this replica's own hints, and must not block. To be
    // called before start().
    virtual void on_hint(const std::string& /*topic*/, std::function<void(std::string)> /*receive*/) {}
    // Call it after the commit. Any thread.
    virtual void send_hint(const std::string& /*topic*/, std::string /*hint*/) {}
};

}  // namespace stagedoor::bus
