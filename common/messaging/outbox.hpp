// A service's events: each is a row written in the transaction of its change, so that there is never one
// without the other. Old rows move to segment files (archiver.hpp). Nothing published is ever deleted: a bus
// that loses events is refilled from the segments and the rows.
#pragma once

#include <span>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/json/write.hpp"
#include "common/messaging/segments.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::outbox {

// Channel for Database::listen, notified when there are new events.
inline constexpr std::string_view channel = "outbox";

void publish(sql::Tx& tx, const bus::Event& event);

// With the time and the trace of the transaction.
template <contracts::Event E>
[[nodiscard]] bus::Event to_bus_event(const sql::Tx& tx, const E& event) {
    return {std::string{E::subject}, std::string{E::source}, event.entity_id(), event.version, tx.now(),
            tx.traceparent(),        json::to_json(event)};
}

template <contracts::Event E>
void publish(sql::Tx& tx, const E& event) {
    publish(tx, to_bus_event(tx, event));
}

// Many events at once, in their order.
void publish_all(sql::Tx& tx, std::span<const bus::Event> events);

template <contracts::Event E>
void publish_all(sql::Tx& tx, const std::vector<E>& events) {
    std::vector<bus::Event> all;
    all.reserve(events.size());
    for (const auto& each : events) all.push_back(to_bus_event(tx, each));
    publish_all(tx, all);
}

// At most `limit` events after `position` that are still rows, oldest first. Only for a database that numbers
// rows in commit order, such as SQLite with its one writer; PostgreSQL does not.
[[nodiscard]] std::vector<bus::Log::Entry> read_after(sql::Tx& tx, std::string_view source,
                                                      std::int64_t position, int limit);

// The position of the newest event; 0 if there is none.
[[nodiscard]] std::int64_t newest_position(sql::Tx& tx);

// A service's outbox as a bus reads it: first the segments, then the rows.
class Log final : public bus::Log {
  public:
    // `storage` has the segments; null: none has ever been written.
    Log(std::string service, sql::Database& db, history::Storage* storage = nullptr)
        : service_(std::move(service)), db_(db), segments_(storage) {}

    [[nodiscard]] const std::string& service() const override { return service_; }
    [[nodiscard]] Task<std::vector<Entry>> read_after(std::int64_t position, int limit) override;
    void on_new(std::function<void()> callback) override {
        db_.listen(std::string{channel}, std::move(callback));
    }
    void on_published(std::function<void(const bus::Event&)> callback) override {
        db_.listen_for<bus::Event>(std::move(callback));
    }
    [[nodiscard]] Task<Lag> lag_after(std::int64_t position) override;

    [[nodiscard]] Task<std::vector<Entry>> claim(PublishResult last, int limit,
                                                 std::chrono::milliseconds lease) override;
    [[nodiscard]] Task<Stream> known_stream() override;
    [[nodiscard]] Task<Stream> begin_stream(Stream known, Stream found) override;
    void republish_since(Instant time, Instant now) override;
    [[nodiscard]] Task<Backlog> backlog() override;

  private:
    struct Period {  // [since, before)
        Instant since, before;
    };
    // Events of a segment that are being published again.
    struct SegmentClaim {
        SegmentRow segment;
        std::int64_t after = 0;  // what is published
        std::int64_t last = 0;   // of the batch; `after`: nothing of it was published
        std::int64_t events = 0;
    };
    struct Claimed;

    [[nodiscard]] Claimed claim_rows(sql::Tx& tx, const PublishResult& last, int limit,
                                     std::chrono::milliseconds lease, bool with_segments) const;
    [[nodiscard]] Task<Claimed> try_to_claim(PublishResult last, int limit, std::chrono::milliseconds lease,
                                             bool with_segments);
    void record_segment(sql::Tx& tx, const PublishResult& last) const;
    [[nodiscard]] Task<std::vector<Entry>> read_claimed_segment(SegmentClaim claim, int limit);

    std::string service_;
    sql::Database& db_;
    SegmentReader segments_;
    // What claim() returns in addition to events that were never published:
    std::optional<Period> republish_recent_;  // those published in this period
    bool republish_earlier_ = true;           // those published to earlier generations of the stream
    bool republish_segments_ = true;          // those in segments that the stream may lack
    std::optional<SegmentClaim> claimed_segment_;
};

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::outbox
