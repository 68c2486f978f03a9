// How events get from the service that tells them to those that hear them: at least once, those of one entity
// in order as far as the bus can; the inbox sees to the rest.
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

// Everything that one service has told, in order: its outbox.
class Log {
  public:
    virtual ~Log() = default;
    [[nodiscard]] virtual const std::string& service() const = 0;

    struct Entry {
        std::int64_t position = 0;
        Event event;
    };
    // At most `limit` of what stands after `position`, oldest first.
    [[nodiscard]] virtual Task<std::vector<Entry>> read_after(std::int64_t position, int limit) = 0;
    // Calls `told`, on any thread, whenever there may be something new. It must only wake others.
    virtual void on_new(std::function<void()> told) = 0;
    // What stands after `position`, looking at the next 10,000 only.
    struct Ahead {
        std::int64_t events = 0;
        std::map<std::string, std::int64_t> by_entity;
        std::optional<Instant> oldest;
    };
    [[nodiscard]] virtual Task<Ahead> ahead_of(std::int64_t position) = 0;

    // ---- for a bus that keeps events itself. Any number of copies of the service publish to it at once, each what it
    // has claimed; what one of them claimed and did not publish is anybody's again after a while.

    // What became of the batch that was claimed last.
    struct Outcome {
        std::vector<std::int64_t> published;  // the bus has them
        std::vector<std::int64_t> left;       // it has not: anybody's again, at once
        std::vector<std::int64_t> too_large;  // it will not: anybody's again after a minute
        std::int64_t generation = 0;          // of the stream that has them
        std::int64_t last_sequence = 0;       // the highest that it gave one of them
        [[nodiscard]] bool empty() const { return published.empty() && left.empty() && too_large.empty(); }
    };
    // Notes the outcome and claims at most `limit` events for `lease`, oldest first, in one transaction: of those that
    // were never published, else of those that are to be sent again: what was published lately first, since the
    // subscribers may lack it.
    [[nodiscard]] virtual Task<std::vector<Entry>> claim(Outcome last, int limit,
                                                         std::chrono::milliseconds lease) = 0;

    // The stream as the log knows it: which one it is, and how far it came at least.
    struct Stream {
        std::string created;
        std::int64_t last_sequence = 0;
        std::int64_t generation =
            0;  // counts the streams that were begun; a stream that lost something counts as new
        bool operator==(const Stream&) const = default;
    };
    [[nodiscard]] virtual Task<Stream> known_stream() = 0;
    // The stream in `found` is not that of `known`, or has lost something: everything is to be sent again. Gives what is
    // known now; of several copies that find out, one begins the next generation.
    [[nodiscard]] virtual Task<Stream> begin_stream(Stream known, Stream found) = 0;
    // What was published since `time` is to be sent again, by this copy.
    virtual void send_again_since(Instant time, Instant now) = 0;

    struct Backlog {
        std::int64_t events = 0;        // not published; counted up to 10,000
        std::optional<Instant> oldest;  // of them
    };
    [[nodiscard]] virtual Task<Backlog> backlog() = 0;
};

// How far a subscriber has come in a service's log.
struct Position {
    std::string source;
    std::int64_t value = 0;
};

// A service that receives others: its inbox.
class Subscriber {
  public:
    virtual ~Subscriber() = default;
    [[nodiscard]] virtual const std::string& service() const = 0;
    // Which entities it receives, by the service that tells of them. Who receives one event of an entity receives all.
    [[nodiscard]] virtual const std::map<std::string, std::set<std::string>>& subscriptions() const = 0;

    // How long after a delivery the next one may come, so that more events share a commit. Zero when somebody waits for
    // what it does at them.
    [[nodiscard]] virtual std::chrono::milliseconds batch_interval() const { return {}; }

    // When it returns, the events' effects are durable, `position` with them, and the events may be
    // acknowledged.
    [[nodiscard]] virtual Task<> receive(std::vector<Event> events, std::optional<Position> position) = 0;
    // The last position received for `source`; 0 at first.
    [[nodiscard]] virtual Task<std::int64_t> position(std::string source) = 0;
};

class Bus {
  public:
    virtual ~Bus() = default;

    // Carries what is told in `log`, and brings `subscriber` what it is interested in. Both outlive the bus's
    // work; all are made known before start().
    virtual void carry(Log& log) = 0;
    virtual void deliver_to(Subscriber& subscriber) = 0;

    virtual void start(const runtime::Executor& executor) = 0;
    // Ends deliveries; what is under way is finished or comes again. Returns when none is left.
    [[nodiscard]] virtual Task<> stop() = 0;

    // False when what others tell can't arrive at present.
    [[nodiscard]] virtual bool connected() const = 0;
    // False while what others have told may come late: the bus is away, or came back so lately that what a copy which died
    // had in hand is not out again. Who then asks for something unknown is told to come again, not that it isn't there.
    [[nodiscard]] virtual bool is_caught_up() const { return connected(); }
};

}  // namespace stagedoor::bus
