// Functions that run on many threads, started at the same moment.
#pragma once

#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace stagedoor::testing {

// Runs `prepare(i)` and then, once all are prepared, `act(i)` for i in [0, count), each i on a thread of its
// own. Rethrows the first exception.
inline void all_at_once(int count, const std::function<void(int)>& prepare,
                        const std::function<void(int)>& act) {
    std::barrier begin{count};
    std::mutex mutex;
    std::exception_ptr failure;
    auto guarded = [&](const std::function<void(int)>& part, int i) {
        try {
            part(i);
        } catch (...) {
            std::lock_guard lock{mutex};
            if (!failure) failure = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                guarded(prepare, i);
                begin.arrive_and_wait();
                guarded(act, i);
            });
        }
    }
    if (failure) std::rethrow_exception(failure);
}

inline void all_at_once(int count, const std::function<void(int)>& act) {
    all_at_once(count, [](int) {}, act);
}

// Runs `act(i)` for i in [0, count) on `threads` threads, in any order.
inline void parallel_for(int count, int threads, const std::function<void(int)>& act) {
    std::atomic<int> next = 0;
    all_at_once(std::min(count, threads), [&](int) {
        for (int i = next++; i < count; i = next++) act(i);
    });
}

}  // namespace stagedoor::testing
