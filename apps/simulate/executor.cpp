#include "apps/simulate/executor.hpp"

#include <algorithm>

namespace stagedoor::simulate {

runtime::Clock::Alarm LifeClock::at(Instant when, std::function<void()> ring) {
    auto delay = std::max(when - now(), std::chrono::milliseconds{0}) + std::chrono::milliseconds{1};
    auto taken_back = std::make_shared<bool>(false);
    life_->after(delay, [taken_back, ring = std::move(ring)] {
        if (!*taken_back) ring();
    });
    return {taken_back.get(), [taken_back](void*) { *taken_back = true; }};
}

}  // namespace stagedoor::simulate
