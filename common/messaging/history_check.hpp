// Checks that a service's segments are complete: each is there, intact and follows the one before it. Counts
// the events that are still in the outbox.
#pragma once

#include <functional>
#include <string>

#include "common/messaging/segments.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::outbox {

struct HistoryCheck {
    std::int64_t segments = 0, events_in_segments = 0, events_in_outbox = 0;
    std::string problem;                // the first one; empty: none
    std::vector<std::string> leftover;  // files that belong to no segment, such as those of a killed archiver
};

// Reads everything, a segment or a page of rows at a time. `progress` is called after each segment. `storage`
// may be null.
[[nodiscard]] Task<HistoryCheck> check_history(std::string service, sql::Database& db,
                                               history::Storage* storage,
                                               std::function<void(const SegmentRow&)> progress);

}  // namespace stagedoor::outbox
