// A service's outbox as a bus reads it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/messaging/outbox.hpp"
#include "common/messaging/segments.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::outbox {

// At most `limit` events after `position` that are still rows, oldest first. Only for a database that numbers
// rows in commit order, such as SQLite with its one writer; PostgreSQL does not.
[[nodiscard]] std::vector<bus::Log::Entry> read_after(sql::Tx& tx, std::string_view source,
                                                      std::int64_t position, int limit);

// First the segments, then the rows.
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
        std::int64_t after = 0;  // published up to this position
        std::int64_t last = 0;   // the position of the batch's last event
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

}  // namespace stagedoor::outbox
