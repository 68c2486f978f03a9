#include "simulation/world/executor.hpp"

#include <algorithm>

namespace stagedoor::simulation {

runtime::Clock::Alarm ProcessClock::at(Instant when, std::function<void()> ring) {
    // One extra millisecond, as in the system's clock (common/runtime/clock.cpp).
    auto left = std::max(when - now(), std::chrono::milliseconds{0}) + std::chrono::milliseconds{1};
    return at_monotonic(monotonic() + left, std::move(ring));
}

runtime::Clock::Alarm ProcessClock::at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) {
    auto delay = std::chrono::ceil<Duration>(when - monotonic());
    auto cancelled = std::make_shared<bool>(false);
    process_->after(delay, [cancelled, ring = std::move(ring)] {
        if (!*cancelled) ring();
    });
    return {cancelled.get(), [cancelled](void*) { *cancelled = true; }};
}

}  // namespace stagedoor::simulation
