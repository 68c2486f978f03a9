// Where a service receives what happened elsewhere. An event's effect and the note that it was heard commit
// together: each event once, those of one entity in the order of their versions. What comes early or fails is
// parked in a table and applied when its turn comes; what can never be applied is a dead letter and holds
// back its own entity only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/json/read.hpp"
#include "common/messaging/read_your_writes.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::messaging {

// Thrown by a listener that can't act before a certain time: the event is parked until then, and it is not
// counted as a failure.
struct NotBefore {
    Instant time;
};

// A parked event that won't be tried again by itself.
struct DeadLetter {
    std::string entity, entity_id;
    std::int64_t version = 0;
    std::string source, type, data, error;
    std::int64_t tries = 0;
    Instant time;
};
BOOST_DESCRIBE_STRUCT(DeadLetter, (), (entity, entity_id, version, source, type, data, error, tries, time))

// Where a dead letter stands among all, the oldest first.
struct DeadLetterPlace {
    Instant time;
    std::string entity, entity_id;
    std::int64_t version = 0;
};

struct ParkedRow;

using bus::Event;
using bus::Position;

class Inbox final : public bus::Subscriber {
  public:
    Inbox(std::string service, sql::Database& db, runtime::Clock& clock, runtime::Metrics& metrics,
          ReadYourWrites& read_your_writes);

    // What to do at an event of type E. Registered before the first event comes.
    template <contracts::Event E>
    void on(std::function<void(sql::Tx&, const E&)> listener) {
        listen(std::string{E::subject}, std::string{E::source},
               [listener = std::move(listener)](sql::Tx& tx, const Event& event) {
                   auto data = json::read<E>(event.data);
                   if (!data) throw Unreadable(std::move(data.error()));
                   listener(tx, *data);
               });
    }

    [[nodiscard]] const std::string& service() const override { return service_; }
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& subscriptions() const override {
        return subscriptions_;
    }

    [[nodiscard]] std::chrono::milliseconds batch_interval() const override { return batch_interval_; }
    // Nobody waits for what this service does at events: those of so long may share a commit.
    void batch_for(std::chrono::milliseconds time) { batch_interval_ = time; }

    // Applies, parks or drops each of `events`, in one transaction if that meets no other, with `position` if given.
    [[nodiscard]] Task<> receive(std::vector<Event> events, std::optional<Position> position) override;

    [[nodiscard]] Task<std::int64_t> position(std::string source) override;

    // Looks how many events are parked and how many are dead letters, for the metrics.
    [[nodiscard]] Task<> count_kept();

    // Tries parked events that are due again. Gives the time of the next one, if any waits for a time.
    [[nodiscard]] Task<std::optional<Instant>> retry_due();
    // Told when an event was parked that waits for a time.
    static constexpr std::string_view parked_channel = "inbox.parked";

    // The oldest first, from behind a place.
    [[nodiscard]] Task<std::vector<DeadLetter>> dead_letters(int limit, DeadLetterPlace after = {});
    [[nodiscard]] Task<std::optional<DeadLetter>> find_dead_letter(std::string entity, std::string entity_id,
                                                                   std::int64_t version);
    // Explicit acts of an operator, logged: try it again now; or leave it out and go on with what it held
    // back. False when there is no such dead letter.
    [[nodiscard]] Task<bool> send_again(std::string entity, std::string entity_id, std::int64_t version);
    [[nodiscard]] Task<bool> skip(std::string entity, std::string entity_id, std::int64_t version);

    [[nodiscard]] static std::vector<sql::Migration> migrations();

  private:
    struct Unreadable : std::runtime_error {
        explicit Unreadable(const Problems& problems);
    };
    struct Failure {  // of one event, told by an exception
        std::string error;
        std::optional<Instant> not_before;
        bool unreadable = false;
    };
    using Listener = std::function<void(sql::Tx&, const Event&)>;

    void listen(std::string subject, const std::string& source, Listener listener);
    void receive_one(sql::Tx& tx, const Event& event);
    void receive_some(sql::Tx& tx, std::span<const Event> events);
    void receive_each(sql::Tx& tx, std::span<const Event> events);
    [[nodiscard]] std::optional<Failure> try_apply(sql::Tx& tx, const Event& event);
    void apply(sql::Tx& tx, const Event& event);
    void apply_successors(sql::Tx& tx, std::string entity, std::string entity_id, std::int64_t version);
    void park(sql::Tx& tx, const Event& event, const std::optional<Failure>& failure, std::int64_t tries);
    void park_failed(sql::Tx& tx, const Event& event, const Failure& failure, std::int64_t tries);
    void retry(sql::Tx& tx, const ParkedRow& found);

    std::string service_;
    sql::Database& db_;
    runtime::Clock& clock_;
    ReadYourWrites& read_your_writes_;
    std::map<std::string, Listener, std::less<>> listeners_;  // by subject
    std::map<std::string, std::set<std::string>> subscriptions_;
    std::chrono::milliseconds batch_interval_{};
    runtime::Histogram delivery_seconds_;
    runtime::Counter applied_, parked_, dead_;
    runtime::Gauge parked_now_, dead_now_;
};

}  // namespace stagedoor::messaging
