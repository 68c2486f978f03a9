#include "simulation/world/world.hpp"

#include <algorithm>
#include <cstring>

namespace stagedoor::simulation {
namespace {

constexpr Instant beginning{1'767'225'600'000};  // 2026-01-01
// What one thing costs that a program does.
constexpr Duration least_cost{1}, most_cost{40};

}  // namespace

void Life::post(Action action) {
    last_ = std::max(last_, world_.now()) + world_.between(least_cost, most_cost);
    world_.at(last_, shared_from_this(), std::move(action));
}

void Life::after(Duration delay, Action action) {
    world_.at(world_.now() + delay, shared_from_this(), std::move(action));
}

Instant World::time() const { return beginning + std::chrono::floor<std::chrono::milliseconds>(now_); }

void World::at(Duration time, std::shared_ptr<Life> whose, Action action) {
    coming_.emplace(std::pair{std::max(time, now_), ++scheduled_},
                    Event{std::move(whose), std::move(action)});
}

bool World::step() {
    while (!coming_.empty()) {
        auto next = coming_.extract(coming_.begin());
        auto& event = next.mapped();
        now_ = next.key().first;
        if (!event.whose->is_alive()) {
            never_.push_back(std::move(event));
            continue;
        }
        if (event.whose->stands_still_until() > now_) {  // in the same order, then
            next.key().first = event.whose->stands_still_until();
            coming_.insert(std::move(next));
            continue;
        }
        ++steps_;
        trace.add(static_cast<std::uint64_t>(now_.count()));
        at_work_ = event.whose;
        event.action();
        return true;
    }
    return false;
}

void Dice::fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        auto number = throw_once();
        auto part = std::min(bytes.size(), sizeof number);
        std::memcpy(bytes.data(), &number, part);
        bytes = bytes.subspan(part);
    }
}

bool World::chance(double probability) {
    constexpr std::uint64_t parts = 1'000'000;
    return below(parts) < static_cast<std::uint64_t>(probability * parts);
}

Duration World::between(Duration least, Duration most) {
    return least + Duration{below(static_cast<std::uint64_t>((most - least).count()) + 1)};
}

}  // namespace stagedoor::simulation
