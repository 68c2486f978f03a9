// Receives the events of other services. An event's effect commits together with the record that it was
// received: each event is applied once, and those of one entity in the order of their versions. An event that
// comes early or fails is parked in a table and applied when its turn comes; one that can't be applied
// becomes a dead letter and blocks only its own entity.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/json/read.hpp"
#include "common/messaging/read_your_writes.hpp"
#include "common/runtime/metrics.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::messaging {

// Thrown by a handler that can't act before `time`: the event is parked until then, which does not count as a
// failure.
struct NotBefore {
    Instant time;
};

// A parked event that is no longer retried automatically.
struct DeadLetter {
    std::string entity, entity_id;
    std::int64_t version = 0;
    std::string source, type, data, error;
    std::int64_t tries = 0;  // attempts; its name in the admin API
    Instant time;
};
BOOST_DESCRIBE_STRUCT(DeadLetter, (), (entity, entity_id, version, source, type, data, error, tries, time))

// A place in the list of dead letters, oldest first.
struct DeadLetterCursor {
    Instant time;
    std::string entity, entity_id;
    std::int64_t version = 0;
};

// One event of a batch. Its handler sets the `traceparent` on the transaction before it publishes.
template <contracts::Event E>
struct Traced {
    E event;
    std::string traceparent;
};
template <contracts::Event E>
using Batch = std::span<const Traced<E>>;

class Inbox final : public bus::Subscriber {
    using Event = bus::Event;
    using Position = bus::Position;

  public:
    Inbox(std::string service, sql::Database& db, runtime::Clock& clock, runtime::Metrics& metrics,
          ReadYourWrites& read_your_writes);

    // Registers the handler of events of type E, which runs in the inbox's transaction. Must be called before
    // the first event is received.
    template <contracts::Event E>
    void on(std::function<void(sql::Tx&, const E&)> handler) {
        add_handler(std::string{E::subject}, std::string{E::source},
                    [handler = std::move(handler)](sql::Tx& tx, std::span<const Event* const> events) {
                        for (const auto* event : events) {
                            tx.set_traceparent(event->traceparent);
                            handler(tx, read<E>(*event));
                        }
                    });
    }
    // The same for a handler that takes all events of type E of a batch at once, each of another entity. If
    // it throws, it is called again for each of them.
    template <contracts::Event E>
    void on_batch(std::function<void(sql::Tx&, Batch<E>)> handler) {
        add_handler(std::string{E::subject}, std::string{E::source},
                    [handler = std::move(handler)](sql::Tx& tx, std::span<const Event* const> events) {
                        std::vector<Traced<E>> batch;
                        for (const auto* event : events)
                            batch.push_back({read<E>(*event), event->traceparent});
                        handler(tx, batch);
                    });
    }

    [[nodiscard]] const std::string& service() const override { return service_; }
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& subscriptions() const override {
        return subscriptions_;
    }

    [[nodiscard]] std::chrono::milliseconds batch_interval() const override { return batch_interval_; }
    // Batches events for this long; for services whose latency does not matter.
    void batch_for(std::chrono::milliseconds time) { batch_interval_ = time; }

    // Applies, parks or drops each of `events`, and stores `position` if given. Uses one transaction unless
    // an event fails or it deadlocks with another replica. Throws sql::DatabaseError; then the bus must
    // deliver the events again.
    [[nodiscard]] Task<> receive(std::vector<Event> events, std::optional<Position> position) override;

    [[nodiscard]] Task<std::int64_t> position(std::string source) override;

    // Updates the gauges of parked events and dead letters.
    [[nodiscard]] Task<> update_metrics();

    // Retries parked events that are due. Returns the time at which the next one is due, if there is one.
    [[nodiscard]] Task<std::optional<Instant>> retry_due();
    // Channel for Database::listen, notified when an event is parked or becomes due.
    static constexpr std::string_view parked_channel = "inbox.parked";

    // At most `limit` dead letters after `after`, oldest first.
    [[nodiscard]] Task<std::vector<DeadLetter>> dead_letters(int limit, DeadLetterCursor after = {});
    [[nodiscard]] Task<std::optional<DeadLetter>> find_dead_letter(std::string entity, std::string entity_id,
                                                                   std::int64_t version);
    // For operators, and logged: retry_dead_letter() retries a dead letter now, with ten new attempts;
    // skip_dead_letter() drops it and continues with the events it blocked. Both return false if there is no
    // such dead letter. `record` runs in the same transaction.
    using Record = std::function<void(sql::Tx&)>;
    [[nodiscard]] Task<bool> retry_dead_letter(
        std::string entity, std::string entity_id, std::int64_t version, Record record = [](sql::Tx&) {});
    [[nodiscard]] Task<bool> skip_dead_letter(
        std::string entity, std::string entity_id, std::int64_t version, Record record = [](sql::Tx&) {});

    [[nodiscard]] static std::vector<sql::Migration> migrations();

  private:
    struct Unreadable : std::runtime_error {
        explicit Unreadable(const Problems& problems);
    };
    struct NeedsSavepoints;
    struct Failure {  // why an event could not be applied
        std::string error;
        std::optional<Instant> not_before;
        bool unreadable = false;
    };
    using EventRefs = std::vector<const Event*>;
    using Handler = std::function<void(sql::Tx&, std::span<const Event* const>)>;
    enum class Isolation { none, savepoint_per_event, transaction_per_event };

    template <contracts::Event E>
    static E read(const Event& event) {
        auto data = json::read<E>(event.data);
        if (!data) throw Unreadable(std::move(data.error()));
        return std::move(*data);
    }
    void add_handler(std::string subject, const std::string& source, Handler handler);
    [[nodiscard]] Task<std::size_t> receive_some(std::span<const Event> events,
                                                 const std::optional<Position>& position,
                                                 Isolation& isolation);
    void receive_together(sql::Tx& tx, std::span<const Event> events);
    void receive_each(sql::Tx& tx, std::span<const Event> events);
    void receive_in_rounds(sql::Tx& tx, std::span<const Event> events);
    struct Round {
        EventRefs applied;
        bool any_parked = false;
    };
    [[nodiscard]] Round receive_round(sql::Tx& tx, const EventRefs& events);
    [[nodiscard]] EventRefs resolve_unclaimed(sql::Tx& tx, const EventRefs& unclaimed);
    [[nodiscard]] std::optional<Failure> try_apply(sql::Tx& tx, const Event& event);
    void apply(sql::Tx& tx, const EventRefs& events);
    void apply_successors(sql::Tx& tx, std::string entity, std::string entity_id, std::int64_t version);
    void park(sql::Tx& tx, const Event& event, const std::optional<Failure>& failure, std::int64_t attempts);
    void park_failed(sql::Tx& tx, const Event& event, const Failure& failure, std::int64_t attempts);
    void retry(sql::Tx& tx, const std::string& entity, const std::string& entity_id, std::int64_t version);

    std::string service_;
    sql::Database& db_;
    runtime::Clock& clock_;
    ReadYourWrites& read_your_writes_;
    std::map<std::string, Handler, std::less<>> handlers_;  // by subject
    std::map<std::string, std::set<std::string>> subscriptions_;
    std::chrono::milliseconds batch_interval_{};
    runtime::Histogram delivery_seconds_;
    runtime::Counter received_, parked_, dead_;
    runtime::Gauge parked_now_, dead_now_;
};

}  // namespace stagedoor::messaging
