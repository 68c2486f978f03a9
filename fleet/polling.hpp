// Polls for conditions, so that nothing has to sleep for a guessed time.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace stagedoor::fleet {

using namespace std::chrono_literals;

// Polls `condition` until it returns true; false if it has not within `timeout`.
inline bool becomes_true(const std::function<bool()>& condition, std::chrono::milliseconds timeout,
                         std::chrono::milliseconds poll_interval = 5ms) {
    auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(poll_interval);
    }
    return true;
}

// Milliseconds since 1970, by the clock that the services on this machine use.
inline std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace stagedoor::fleet
