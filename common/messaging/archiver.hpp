// Moves old events from an outbox to segment files. The newest row always stays.
#pragma once

#include <algorithm>

#include "common/messaging/segments.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::outbox {

struct ArchiveOptions {
    // Younger rows stay. On PostgreSQL it must be far longer than any transaction and than clocks differ,
    // because rows are not in commit order. 0: nothing is moved.
    std::chrono::milliseconds age{0};
    // A segment ends before the event that would exceed one of these, and with its month. Small enough to be
    // held in memory, large enough to compress well: at 10,000,000 events there are some 1,200 files.
    std::int64_t max_events = 8192;
    std::size_t max_bytes = 8 << 20;  // of the events' data
};

// Longer than a step takes. If a slow one loses the lease, the segment's number is taken and it gives up.
inline constexpr std::chrono::seconds archiver_lease{10};

// The pause after a step, so that requests hardly notice it: five times as long as the step took, but at
// least 20 ms and at most a second.
[[nodiscard]] inline std::chrono::milliseconds pause_after_step(std::chrono::nanoseconds step) {
    using std::chrono::milliseconds;
    return std::clamp(5 * std::chrono::duration_cast<milliseconds>(step), milliseconds{20},
                      milliseconds{1000});
}

class Archiver {
  public:
    Archiver(std::string service, sql::Database& db, history::Storage& storage, runtime::Random& random,
             runtime::Counter moved, ArchiveOptions options);

    // Counts moved events.
    [[nodiscard]] static runtime::Counter make_counter(runtime::Metrics& metrics, const std::string& service);

    // more: there is something to do at once. leased: another replica does it, or has died within the last
    // archiver_lease.
    enum class Result { more, done, leased };
    // Does the next piece of work, in short transactions: writes a segment, or removes some rows of one from
    // the outbox. If it throws, it may be called again; nothing is lost.
    [[nodiscard]] Task<Result> step();

  private:
    struct Row;
    struct Collected;
    struct Clearing {  // the rows of a registered segment that are to be removed
        SegmentRow segment;
        std::vector<std::int64_t> positions;
        std::size_t done = 0;
    };

    [[nodiscard]] bool take_lease(sql::Tx& tx) const;
    [[nodiscard]] Task<Collected> collect(std::int64_t after);
    [[nodiscard]] Task<bool> write_next(std::optional<SegmentRow> newest);
    [[nodiscard]] Task<bool> register_segment(const history::PackedSegment& packed);
    [[nodiscard]] Task<bool> clear(const SegmentRow& segment);
    [[nodiscard]] Task<bool> finish_clearing();

    std::string service_;
    sql::Database& db_;
    history::Storage& storage_;
    const ArchiveOptions options_;
    const std::string replica_;
    std::optional<Clearing> clearing_;
    runtime::Counter moved_;
};

}  // namespace stagedoor::outbox
