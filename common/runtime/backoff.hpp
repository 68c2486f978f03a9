// How long to wait before something that failed is tried again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace stagedoor::runtime {

// After the first try 1 s, then 2 s, 4 s … at most `longest`. `tries` counts from 1.
[[nodiscard]] inline std::chrono::milliseconds backoff(std::int64_t tries,
                                                       std::chrono::milliseconds longest) {
    auto doublings = std::clamp<std::int64_t>(tries - 1, 0, 20);
    return std::min<std::chrono::milliseconds>(std::chrono::seconds{std::int64_t{1} << doublings}, longest);
}

}  // namespace stagedoor::runtime
