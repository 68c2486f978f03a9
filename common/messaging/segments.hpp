// The part of an outbox that has been moved to segment files: a table that says which event is where.
//
// A segment is registered once its file is safe, and only then do its rows leave the outbox. Its events are
// read from the file from then on, whether their rows still exist or not.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/history/segment.hpp"
#include "common/history/storage.hpp"
#include "common/runtime/task.hpp"
#include "common/sql/migration.hpp"

namespace stagedoor::sql {
class Tx;
}

namespace stagedoor::outbox {

struct SegmentRow {
    std::int64_t number = 0;
    std::string name, digest;
    std::int64_t first_position = 0, last_position = 0, events = 0;
    Instant first_time, last_time;
    std::string entities;  // JSON of a vector of history::EntityCount
    bool cleared = false;  // none of its rows is left in the outbox
};
BOOST_DESCRIBE_STRUCT(SegmentRow, (),
                      (number, name, digest, first_position, last_position, events, first_time, last_time,
                       entities, cleared))

// The columns of outbox_segments, in the order of SegmentRow.
inline const std::string segment_columns =
    "number, name, digest, first_position, last_position, events, first_time, last_time, entities, cleared";

// The first one with events after `position`.
[[nodiscard]] std::optional<SegmentRow> segment_after(sql::Tx& tx, std::int64_t position);
[[nodiscard]] std::optional<SegmentRow> newest_segment(sql::Tx& tx);
// At most `limit` that follow segment `number`.
[[nodiscard]] std::vector<SegmentRow> segments_after(sql::Tx& tx, std::int64_t number, int limit);
// The events after `position` that are in segments, by entity; stops counting above `max`.
[[nodiscard]] std::vector<history::EntityCount> count_moved(sql::Tx& tx, std::int64_t position,
                                                            std::int64_t max);

// Throws history::SegmentError, with the file's name, if the file is missing, damaged, or not the registered
// one. Call it inside Storage::run.
[[nodiscard]] history::Segment read_segment(history::Storage& storage, const SegmentRow& row);

// At most `limit` of its events, those after `position`.
[[nodiscard]] std::span<const history::Entry> entries_after(const history::Segment& segment,
                                                            std::int64_t position, int limit);

// Reads segments and caches the most recently used. Any thread.
class SegmentReader {
  public:
    // `storage` may be null while nothing has been moved.
    explicit SegmentReader(history::Storage* storage) : storage_(storage) {}

    // Throws history::SegmentError.
    [[nodiscard]] Task<std::shared_ptr<const history::Segment>> load(SegmentRow row);

  private:
    [[nodiscard]] std::shared_ptr<const history::Segment> cached(const std::string& digest);

    history::Storage* storage_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<const history::Segment>> cache_;  // the most recently used last
};

[[nodiscard]] sql::Migration segments_migration(int version);

}  // namespace stagedoor::outbox
