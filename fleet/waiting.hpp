// Waiting for what is to come true, not for time to pass.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace stagedoor::fleet {

using namespace std::chrono_literals;

// Asks until `condition` says true; false when `limit` is over first.
inline bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds limit,
                       std::chrono::milliseconds between = 5ms) {
    auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(between);
    }
    return true;
}

// Milliseconds since 1970, as the marketplace counts them on the same machine.
inline std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace stagedoor::fleet
