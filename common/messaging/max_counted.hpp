#pragma once

#include <cstdint>

namespace stagedoor::messaging {

// Counting events for a metric stops here, so that measuring a long backlog stays cheap.
inline constexpr std::int64_t max_counted = 10'000;

}  // namespace stagedoor::messaging
