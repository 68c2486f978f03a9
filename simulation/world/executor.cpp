#include "simulation/world/executor.hpp"

#include <algorithm>

namespace stagedoor::simulation {

runtime::Clock::Alarm LifeClock::at(Instant when, std::function<void()> ring) {
    auto left = std::max(when - now(), std::chrono::milliseconds{0}) + std::chrono::milliseconds{1};
    return at_monotonic(monotonic() + left, std::move(ring));
}

runtime::Clock::Alarm LifeClock::at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) {
    auto delay = std::chrono::ceil<Duration>(when - monotonic());
    auto taken_back = std::make_shared<bool>(false);
    life_->after(delay, [taken_back, ring = std::move(ring)] {
        if (!*taken_back) ring();
    });
    return {taken_back.get(), [taken_back](void*) { *taken_back = true; }};
}

}  // namespace stagedoor::simulation
