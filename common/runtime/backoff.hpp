// Exponential backoff between retries.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace stagedoor::runtime {

// 1 s after the first attempt, then 2 s, 4 s … up to `max`. `attempts` counts from 1.
[[nodiscard]] inline std::chrono::milliseconds backoff(std::int64_t attempts, std::chrono::milliseconds max) {
    auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 20);
    return std::min<std::chrono::milliseconds>(std::chrono::seconds{std::int64_t{1} << doublings}, max);
}

}  // namespace stagedoor::runtime
