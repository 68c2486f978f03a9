// How long to pause between two batches of events, so that other transactions get a turn.
#pragma once

#include <algorithm>
#include <chrono>

namespace stagedoor::bus {

// As long as the last batch took, at most 50 ms: the busier the database, the more events share a
// transaction, while a single event is never late.
[[nodiscard]] inline std::chrono::milliseconds pause_after_batch(std::chrono::nanoseconds took) {
    return std::min(std::chrono::duration_cast<std::chrono::milliseconds>(took),
                    std::chrono::milliseconds{50});
}

}  // namespace stagedoor::bus
