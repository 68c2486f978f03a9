// The rows behind Database::once: which requests were answered, and how.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/sql/tx.hpp"

namespace stagedoor::sql {

// How long a repeated request gets the first one's answer.
inline constexpr std::chrono::hours time_to_repeat{24};

// Drops a bounded number of the answers that are no longer repeated and says how many; to be called again
// while that isn't zero. Correctness doesn't wait for it: what is too old counts as absent anyway.
std::int64_t forget_old_keys(Tx& tx);

}  // namespace stagedoor::sql
